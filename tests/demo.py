"""The smallest program that pays: one tier, to which tests add rules of their own."""

DEMO = """\
id             = "demo"
name           = "Demo"
clause         = "1"
currency       = "USD"
enrollment     = "automatic"
effective_from = 2025-01-01

[policy]
rounding            = "half_even"
takes_effect        = "month_end"
terminated_partners = "keep_earning"

[tracks.partner]
promotion = "automatic"

[[tracks.partner.tiers]]
id = "member"
"""
