-- The Elevate review of one month, written by hand for DuckDB.
-- Needs: partners, decisions, mrr, opportunities (tables or views), and the variable review_day, a month's last day.
-- Leaves: roster and granted (who takes part, and every grant) and standing (one row per partner with a fold).
-- A month's number counts from January 2025, which is 0; a year's number is its months' integer quotient by 12.

SET VARIABLE this_month = datediff('month', DATE '2025-01-01', getvariable('review_day'));

-- Evidence: what each partner had attained in each calendar year's instance, at every month's end ----------------------

CREATE TEMP TABLE attained AS
WITH lines AS (
    SELECT
        partner_id,
        datediff('month', DATE '2025-01-01', invoiced_on) AS began,
        -- An instance is read for the last time in the December after it: what is cancelled later changes no reading.
        CASE
            WHEN cancelled_on <= least(getvariable('review_day'), make_date(year(invoiced_on) + 1, 12, 31))
                THEN datediff('month', DATE '2025-01-01', cancelled_on)
        END AS ended,
        sum(mrr) AS mrr
    FROM mrr
    WHERE
        order_type = 'new_logo'
        AND coalesce(NOT promotional, true)
        AND invoiced_on BETWEEN DATE '2025-01-01' AND getvariable('review_day')
        AND sold_on <= getvariable('review_day')
    GROUP BY ALL
),
events AS (
    SELECT partner_id, began // 12 AS instance, began AS month, mrr, 0 AS opportunities
    FROM lines
    WHERE ended IS NULL OR ended > began
    UNION ALL
    SELECT partner_id, began // 12, ended, -mrr, 0
    FROM lines
    WHERE ended > began
    UNION ALL
    SELECT
        partner_id,
        datediff('month', DATE '2025-01-01', submitted_on) // 12,
        datediff('month', DATE '2025-01-01', submitted_on),
        0,
        count(*)
    FROM opportunities
    WHERE submitted_on BETWEEN DATE '2025-01-01' AND getvariable('review_day')
    GROUP BY ALL
),
months AS (
    SELECT partner_id, instance, month, sum(mrr) AS mrr, sum(opportunities) AS opportunities
    FROM events
    GROUP BY ALL
)
SELECT
    partner_id,
    instance,
    month AS first_month,
    least(lead(month, 1, 12 * instance + 24) OVER sofar, getvariable('this_month') + 1) - 1 AS last_month,
    sum(mrr) OVER sofar AS mrr,
    sum(opportunities) OVER sofar AS opportunities
FROM months
WINDOW sofar AS (PARTITION BY partner_id, instance ORDER BY month);

CREATE TEMP TABLE tiers (rank INTEGER, tier VARCHAR, least_mrr DECIMAL(18, 2), least_opportunities INTEGER);
INSERT INTO tiers VALUES (0, 'pioneer', NULL, NULL), (1, 'trailblazer', 10000, 10), (2, 'elite', 25000, 20);

CREATE TEMP TABLE met AS
SELECT a.partner_id, t.rank, a.instance, a.first_month, a.last_month
FROM attained AS a
INNER JOIN tiers AS t ON a.mrr >= t.least_mrr AND a.opportunities >= t.least_opportunities;

-- Standing: the grants, and what they give on three days ----------------------------------------------------------------

CREATE TEMP TABLE roster AS
SELECT
    partner_id,
    greatest(DATE '2025-01-01', coalesce(joined_on, DATE '2025-01-01')) AS starts_on,
    datediff('month', DATE '2025-01-01', starts_on) AS starts_month,
    coalesce(good_standing, true) AS good_standing,
    terminated_on
FROM partners
WHERE starts_month <= getvariable('this_month');

-- Whichever month of the year or of the year after meets an instance's bounds, the grant ends with the year after.
CREATE TEMP TABLE granted AS
SELECT
    m.partner_id,
    m.rank,
    'earned' AS basis,
    last_day(DATE '2025-01-01' + to_months(min(greatest(m.first_month, r.starts_month))::INTEGER)) AS valid_from,
    make_date(2026 + m.instance, 12, 31) AS valid_through
FROM met AS m
INNER JOIN roster AS r ON m.partner_id = r.partner_id AND m.last_month >= r.starts_month AND r.good_standing
GROUP BY m.partner_id, m.rank, m.instance
UNION ALL
SELECT d.partner_id, t.rank, d.decision, d.effective_on, d.through
FROM decisions AS d
INNER JOIN tiers AS t ON d.tier = t.tier
WHERE
    d.program = 'elevate' AND d.track = 'partner'
    AND d.decision IN ('prequalified', 'placed', 'approved')
    AND d.effective_on <= getvariable('review_day')
UNION ALL
SELECT partner_id, 0, 'base', starts_on, NULL
FROM roster;

-- "known_on" is the review that looks; the day after the review before shows whether the tier stood without a gap.
CREATE TEMP TABLE looks (look VARCHAR, known_on DATE, day DATE);
INSERT INTO looks
SELECT look, known_on, day
FROM (
    SELECT
        getvariable('review_day') AS today,
        (date_trunc('month', today) - INTERVAL 1 DAY)::DATE AS before
), LATERAL (
    VALUES ('now', today, today), ('gap', today, (before + INTERVAL 1 DAY)::DATE), ('before', before, before)
) AS v (look, known_on, day);

CREATE TEMP TABLE stands AS
WITH known AS (
    SELECT
        l.look, l.known_on, l.day, g.*,
        max(coalesce(g.valid_through, DATE '9999-12-30')) OVER earlier AS reached
    FROM granted AS g
    INNER JOIN looks AS l ON g.valid_from <= l.known_on
    WINDOW earlier AS (
        PARTITION BY l.look, g.partner_id, g.rank, g.basis
        ORDER BY g.valid_from, g.valid_through
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
numbered AS (
    SELECT
        *,
        count_if(reached IS NULL OR valid_from > reached + 1) OVER (
            PARTITION BY look, partner_id, rank, basis ORDER BY valid_from, valid_through
            ROWS UNBOUNDED PRECEDING
        ) AS span
    FROM known
),
spans AS (
    SELECT
        look, partner_id, rank, basis, span, any_value(day) AS day,
        min(valid_from) AS valid_from,
        max(coalesce(valid_through, DATE '9999-12-31')) AS ends
    FROM numbered
    GROUP BY look, partner_id, rank, basis, span
)
SELECT
    look,
    partner_id,
    arg_max(
        {rank: rank, basis: basis, valid_from: valid_from, valid_through: nullif(ends, DATE '9999-12-31')},
        {
            rank: rank,
            ends: ends,
            basis: list_position(['base', 'earned', 'prequalified', 'placed', 'approved'], basis)
        }
    ) AS top
FROM spans
WHERE day BETWEEN valid_from AND ends
GROUP BY look, partner_id;

CREATE TEMP TABLE standing AS
WITH reviews AS (
    SELECT
        r.partner_id,
        l.look,
        CASE
            WHEN r.terminated_on <= l.known_on THEN 'terminated'
            WHEN NOT r.good_standing THEN 'suspended'
            ELSE 'active'
        END AS status,
        CASE WHEN status = 'active' THEN s.top END AS top
    FROM roster AS r
    INNER JOIN looks AS l ON r.starts_on <= l.known_on
    LEFT JOIN stands AS s ON r.partner_id = s.partner_id AND l.look = s.look
),
earned AS (
    SELECT partner_id, max(rank) AS rank
    FROM met
    WHERE instance = getvariable('this_month') // 12 AND last_month = getvariable('this_month')
    GROUP BY partner_id
)
SELECT
    n.partner_id,
    p.tier AS previous_tier,
    CASE WHEN n.status != 'terminated' THEN e.tier END AS earned_tier,
    t.tier,
    CASE
        WHEN n.status = 'terminated' AND b.status IS DISTINCT FROM 'terminated' THEN 'terminated'
        WHEN n.status = 'suspended' AND b.status IS DISTINCT FROM 'suspended' THEN 'suspended'
        WHEN b.status = 'suspended' AND n.status != 'suspended' AND n.status != 'terminated' THEN 'reinstated'
        WHEN b.status IS NULL THEN 'enrolled'
        WHEN n.status != 'active' THEN 'retained'
        WHEN n.top.rank > b.top.rank THEN 'promoted'
        WHEN n.top.rank < b.top.rank THEN 'demoted'
        WHEN g.top.rank < n.top.rank THEN 'promoted'
        WHEN
            b.top.valid_through IS NOT NULL
            AND coalesce(n.top.valid_through > b.top.valid_through, true) THEN 'requalified'
        ELSE 'retained'
    END AS change,
    n.status,
    n.top.basis AS basis,
    n.top.valid_from AS valid_from,
    n.top.valid_through AS valid_through
FROM reviews AS n
LEFT JOIN reviews AS b ON n.partner_id = b.partner_id AND b.look = 'before'
LEFT JOIN reviews AS g ON n.partner_id = g.partner_id AND g.look = 'gap'
LEFT JOIN earned ON n.partner_id = earned.partner_id
LEFT JOIN tiers AS t ON n.top.rank = t.rank
LEFT JOIN tiers AS p ON b.top.rank = p.rank
LEFT JOIN tiers AS e ON coalesce(earned.rank, 0) = e.rank
WHERE n.look = 'now'
ORDER BY n.partner_id;
