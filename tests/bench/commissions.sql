-- What Elevate pays and takes off in one month, written by hand for DuckDB, after tiers.sql.
-- Needs: the exports, roster, granted and standing, and the variables review_day and month (its label).
-- Leaves: the tables and macros from which the views commissions and credits are made, one row per line.
-- Only the month itself is posted, so that every line is earned in it. All money is in US dollars.

SET VARIABLE first_day = date_trunc('month', getvariable('review_day'))::DATE;

-- What each partner brings: its tier, the rate of the agreement in force, the days of Elite without a gap ---------------

-- Of a partner's agreements the latest is in force, unless it has ended. Whoever has left earns nothing any more.
CREATE TEMP TABLE terms AS
WITH latest AS (
    SELECT partner_id, arg_max({standard_rate: standard_rate, ends_on: ends_on}, effective_on) AS agreement
    FROM agreements
    WHERE effective_on <= getvariable('review_day')
    GROUP BY partner_id
)
SELECT
    s.partner_id,
    s.tier,
    CASE
        WHEN coalesce(l.agreement.ends_on >= getvariable('review_day'), true) THEN l.agreement.standard_rate
    END AS standard_rate
FROM standing AS s
INNER JOIN roster AS r ON s.partner_id = r.partner_id
LEFT JOIN latest AS l ON s.partner_id = l.partner_id
WHERE coalesce(r.terminated_on >= getvariable('review_day'), true);

CREATE TEMP TABLE elite AS
WITH held AS (
    SELECT
        g.partner_id,
        greatest(g.valid_from, r.starts_on) AS since,
        least(g.valid_through, coalesce(r.terminated_on - 1, DATE '9999-12-31')) AS through
    FROM granted AS g
    INNER JOIN roster AS r ON g.partner_id = r.partner_id
    WHERE g.rank = 2 AND r.good_standing AND g.valid_from <= getvariable('review_day') AND since <= through
),
reached AS (
    SELECT *, max(through) OVER (
        PARTITION BY partner_id ORDER BY since, through ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS so_far
    FROM held
),
numbered AS (
    SELECT *, count_if(so_far IS NULL OR since > so_far + 1) OVER (
        PARTITION BY partner_id ORDER BY since, through ROWS UNBOUNDED PRECEDING
    ) AS span
    FROM reached
)
SELECT partner_id, min(since) AS since, max(through) AS through
FROM numbered
GROUP BY partner_id, span;

-- The deals that are rewarded beyond the standard -------------------------------------------------------------------------

CREATE TEMP MACRO is_enhanced(order_type, term_months, product_family, promotional, sold_on, quoted_on, repriced_on) AS
    order_type = 'new_logo'
    AND term_months = 36
    AND coalesce(product_family != 'microsoft', true)
    AND coalesce(NOT promotional, true)
    AND sold_on >= DATE '2025-01-01'
    AND (
        coalesce(quoted_on >= DATE '2025-01-01', true)
        OR (repriced_on <= sold_on AND sold_on <= DATE '2025-03-31')
    );

-- A line that corrects another of its partner is tested as that other is; its own are its days, its amount and its
-- customer. Few lines are corrected, so these are looked up first, and a chain of corrections is followed to its end.
CREATE TEMP TABLE corrected AS
SELECT
    partner_id,
    line_id,
    adjusts_line_id,
    promotional,
    sold_on,
    is_enhanced(order_type, term_months, product_family, promotional, sold_on, quoted_on, repriced_on) AS is_enhanced
FROM mrr
WHERE
    line_id IN (SELECT adjusts_line_id FROM mrr WHERE adjusts_line_id IS NOT NULL)
    AND sold_on <= getvariable('review_day');

CREATE TEMP TABLE origins AS
WITH RECURSIVE chain AS (
    SELECT partner_id, line_id AS corrected_id, line_id, adjusts_line_id, promotional, sold_on, is_enhanced
    FROM corrected
    UNION
    SELECT c.partner_id, chain.corrected_id, c.line_id, c.adjusts_line_id, c.promotional, c.sold_on, c.is_enhanced
    FROM chain
    INNER JOIN corrected AS c ON chain.partner_id = c.partner_id AND chain.adjusts_line_id = c.line_id
)
SELECT partner_id, corrected_id, promotional, sold_on, is_enhanced FROM chain WHERE adjusts_line_id IS NULL;

CREATE TEMP TABLE corrections AS
SELECT
    m.line_id, m.partner_id, m.customer_id, m.mrr, m.currency, m.invoiced_on, m.cancelled_on,
    o.promotional, o.sold_on, o.is_enhanced
FROM mrr AS m
INNER JOIN origins AS o ON m.partner_id = o.partner_id AND m.adjusts_line_id = o.corrected_id
WHERE m.invoiced_on <= getvariable('review_day') AND m.sold_on <= getvariable('review_day');

CREATE TEMP VIEW tested AS
SELECT
    line_id, partner_id, customer_id, mrr, currency, invoiced_on, cancelled_on, promotional, sold_on,
    is_enhanced(order_type, term_months, product_family, promotional, sold_on, quoted_on, repriced_on) AS is_enhanced
FROM mrr
WHERE
    adjusts_line_id IS NULL
    AND invoiced_on <= getvariable('review_day')
    AND sold_on <= getvariable('review_day')
UNION ALL
FROM corrections;

-- Lines -----------------------------------------------------------------------------------------------------------------

CREATE TEMP VIEW lines AS
SELECT
    t.partner_id, 'standard_residual' AS rule, t.line_id, t.customer_id, p.tier, p.standard_rate AS rate, t.mrr,
    t.currency, round_even(t.mrr * p.standard_rate, 2) AS amount, 'E22' AS clause
FROM tested AS t
INNER JOIN terms AS p ON t.partner_id = p.partner_id
WHERE
    coalesce(NOT t.promotional, true)
    AND coalesce(t.cancelled_on > getvariable('review_day'), true)
    AND p.standard_rate != 0
UNION ALL
SELECT
    t.partner_id, 'additional_residual', t.line_id, t.customer_id, p.tier, 0.02, t.mrr,
    t.currency, round_even(t.mrr * 0.02, 2), 'E17, E18'
FROM tested AS t
INNER JOIN terms AS p ON t.partner_id = p.partner_id
INNER JOIN elite AS e ON t.partner_id = e.partner_id AND t.sold_on BETWEEN e.since AND e.through
WHERE
    t.is_enhanced
    AND coalesce(t.cancelled_on > getvariable('review_day'), true)
    AND e.through >= getvariable('review_day')
UNION ALL
SELECT
    t.partner_id, 'additional_spiff', t.line_id, t.customer_id, 'elite', 1, t.mrr, t.currency, t.mrr, 'E14'
FROM tested AS t
INNER JOIN roster AS r ON t.partner_id = r.partner_id
INNER JOIN elite AS e ON t.partner_id = e.partner_id AND t.sold_on BETWEEN e.since AND e.through
WHERE
    t.is_enhanced
    AND t.invoiced_on BETWEEN greatest(r.starts_on, getvariable('first_day'))
    AND least(getvariable('review_day'), coalesce(r.terminated_on, DATE '9999-12-31'));

CREATE TEMP VIEW commissions AS
SELECT
    'elevate' AS program, 'partner' AS track, partner_id, getvariable('month') AS "month",
    getvariable('month') AS earned_month, rule, 'mrr' AS source, line_id AS source_id, customer_id, tier, rate,
    mrr AS base, currency AS base_currency, amount, currency, 'earned' AS kind, clause
FROM (FROM lines WHERE amount != 0 ORDER BY partner_id, rule, line_id);

-- Above 100 seats every service of a partner is cut in the same proportion.
CREATE TEMP VIEW credits AS
WITH used AS (
    SELECT
        s.*, p.tier,
        CASE p.tier WHEN 'elite' THEN 1.0 WHEN 'trailblazer' THEN 0.5 END AS rate,
        greatest(sum(s.seats) OVER (PARTITION BY s.partner_id), 100)::BIGINT AS divisor,
        (s.mrc * rate * 10000)::BIGINT AS dividend
    FROM partner_services AS s
    INNER JOIN terms AS p ON s.partner_id = p.partner_id
    WHERE
        s.product = 'teams_calling'
        AND s.contract_months >= 36
        AND coalesce(s.at_headquarters, true)
        AND getvariable('review_day') BETWEEN s.starts_on AND coalesce(s.ends_on, DATE '9999-12-31')
        AND p.tier IN ('trailblazer', 'elite')
),
rounded AS (
    SELECT
        *,
        dividend // divisor AS cents,
        2 * (dividend % divisor) > divisor OR (2 * (dividend % divisor) = divisor AND cents % 2 = 1) AS is_up
    FROM used
)
SELECT
    'elevate' AS program, 'partner' AS track, partner_id, getvariable('month') AS "month",
    getvariable('month') AS earned_month, 'teams_calling' AS rule, 'partner_services' AS source,
    service_id AS source_id, NULL AS customer_id, tier, rate, mrc AS base, currency AS base_currency,
    ((cents + is_up::BIGINT) * 0.01)::DECIMAL(18, 2) AS amount, currency, 'earned' AS kind, 'E11, E12' AS clause
FROM rounded
WHERE amount != 0
ORDER BY partner_id, service_id;
