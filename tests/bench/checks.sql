-- What the exports' rows have to be before a month may be reviewed, written by hand for DuckDB.
-- Needs: partners, decisions, mrr, opportunities, agreements, partner_services (tables or views).
-- Leaves: faults, one row per rule that the input breaks.

CREATE TEMP TABLE faults (rule VARCHAR, "rows" HUGEINT);

INSERT INTO faults
UNPIVOT (
    SELECT
        count(*) - count(line_id) AS "mrr: line_id is empty",
        count(*) - count(partner_id) AS "mrr: partner_id is empty",
        count(*) - count(customer_id) AS "mrr: customer_id is empty",
        count(*) - count(mrr) AS "mrr: mrr is empty",
        count(*) - count(sold_on) AS "mrr: sold_on is empty",
        count_if(term_months < 1) AS "mrr: term_months is below 1"
    FROM mrr
) ON * INTO NAME rule VALUE "rows";

-- Few different words stand in these columns: they are counted first and judged once each.
INSERT INTO faults
SELECT
    unnest(['mrr: order_type', 'mrr: currency']),
    unnest([
        coalesce(sum("rows") FILTER (
            coalesce(order_type NOT IN ('new_logo', 'renewal', 'move', 'add', 'change'), true)
        ), 0),
        coalesce(sum("rows") FILTER (coalesce(NOT regexp_full_match(currency, '[A-Z]{3}'), true)), 0)
    ])
FROM (SELECT order_type, currency, count(*) AS "rows" FROM mrr GROUP BY ALL);

INSERT INTO faults
UNPIVOT (
    SELECT
        count(*) - count(opportunity_id) AS "opportunities: opportunity_id is empty",
        count(*) - count(partner_id) AS "opportunities: partner_id is empty",
        count(*) - count(submitted_on) AS "opportunities: submitted_on is empty"
    FROM opportunities
) ON * INTO NAME rule VALUE "rows";

INSERT INTO faults
SELECT
    unnest(['opportunities: stage', 'opportunities: registration_status']),
    unnest([
        coalesce(sum("rows") FILTER (coalesce(stage NOT IN ('open', 'won', 'lost'), true)), 0),
        coalesce(sum("rows") FILTER (registration_status NOT IN ('submitted', 'approved', 'rejected')), 0)
    ])
FROM (SELECT stage, registration_status, count(*) AS "rows" FROM opportunities GROUP BY ALL);

INSERT INTO faults
UNPIVOT (
    SELECT
        count(*) - count(partner_id) AS "agreements: partner_id is empty",
        count(*) - count(effective_on) AS "agreements: effective_on is empty",
        count_if(standard_rate NOT BETWEEN 0 AND 1) AS "agreements: standard_rate is no share"
    FROM agreements
) ON * INTO NAME rule VALUE "rows";

INSERT INTO faults
UNPIVOT (
    SELECT
        count(*) - count(service_id) AS "partner_services: service_id is empty",
        count(*) - count(partner_id) AS "partner_services: partner_id is empty",
        count(*) - count(product) AS "partner_services: product is empty",
        count(*) - count(mrc) AS "partner_services: mrc is empty",
        count(*) - count(starts_on) AS "partner_services: starts_on is empty",
        count_if(coalesce(seats < 0, true)) AS "partner_services: seats",
        count_if(coalesce(contract_months < 1, true)) AS "partner_services: contract_months",
        count_if(coalesce(NOT regexp_full_match(currency, '[A-Z]{3}'), true)) AS "partner_services: currency"
    FROM partner_services
) ON * INTO NAME rule VALUE "rows";

-- Hashes are sorted faster than ids are grouped; only ids that share a hash are then compared as text.
INSERT INTO faults
WITH hashes AS (SELECT hash(line_id) AS h FROM mrr),
neighbours AS (SELECT h, lag(h) OVER (ORDER BY h) AS previous FROM hashes),
suspects AS (SELECT DISTINCT h FROM neighbours WHERE h = previous)
SELECT 'mrr: line_id is not unique', coalesce(sum("rows"), 0)
FROM (
    SELECT count(*) AS "rows" FROM mrr WHERE hash(line_id) IN (FROM suspects) GROUP BY line_id HAVING count(*) > 1
);

INSERT INTO faults
SELECT 'opportunities: opportunity_id is not unique', count(*) - count(DISTINCT opportunity_id) FROM opportunities
UNION ALL
SELECT 'partners: partner_id is empty or not unique', count(*) - count(DISTINCT partner_id) FROM partners
UNION ALL
SELECT 'decisions: decision_id is empty or not unique', count(*) - count(DISTINCT decision_id) FROM decisions
UNION ALL
SELECT 'agreements: key is not unique', count(*) - count(DISTINCT (partner_id, effective_on)) FROM agreements
UNION ALL
SELECT 'partner_services: service_id is not unique', count(*) - count(DISTINCT service_id) FROM partner_services
UNION ALL
SELECT 'mrr: partner is unknown', count(*) FROM mrr ANTI JOIN partners USING (partner_id)
UNION ALL
SELECT 'opportunities: partner is unknown', count(*) FROM opportunities ANTI JOIN partners USING (partner_id)
UNION ALL
SELECT 'decisions: partner is unknown', count(*) FROM decisions ANTI JOIN partners USING (partner_id)
UNION ALL
SELECT 'agreements: partner is unknown', count(*) FROM agreements ANTI JOIN partners USING (partner_id)
UNION ALL
SELECT 'partner_services: partner is unknown', count(*)
FROM partner_services ANTI JOIN partners USING (partner_id);

DELETE FROM faults WHERE "rows" = 0;
