"""The codes and signs of currencies that stand beside amounts in exports, and whose amounts a cell says it has."""

import re

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH
    UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
"""

CURRENCIES = tuple(_CODES.split())
"""The codes of ISO 4217 that money is paid in."""

_DOLLARS = (
    "ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP CVE DOP FJD GYD HKD JMD KYD LRD MXN NAD NIO NZD SBD SGD SRD TOP TTD"
    " TWD USD UYU XCD ZWL"
)
_POUNDS = "GBP EGP FKP GIP LBP SDG SHP SSP SYP"
# Currencies share a sign: pesos have that of the dollar. A sign that is not listed says nothing.
_SIGNS = {
    "€": "EUR", "$": _DOLLARS, "£": _POUNDS, "¥": "JPY CNY", "₹": "INR", "₩": "KRW KPW", "₽": "RUB", "₺": "TRY",
    "₴": "UAH", "₪": "ILS", "₫": "VND", "₦": "NGN", "₱": "PHP", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₸": "KZT",
    "₼": "AZN", "₾": "GEL", "₮": "MNT", "₭": "LAK", "฿": "THB", "៛": "KHR", "৳": "BDT", "\uff04": _DOLLARS,
    "\ufe69": _DOLLARS, "\uffe1": _POUNDS, "\uffe5": "JPY CNY", "\uffe6": "KRW KPW",
}  # fmt: skip
_OF_SIGN = {sign: frozenset(codes.split()) for sign, codes in _SIGNS.items()}


def may_be(mark: str, currency: str) -> bool:
    """Whether a sign or a code beside an amount leaves it an amount of the currency.

    Examples:
        >>> [may_be(mark, "USD") for mark in ("USD", "$", "CAD", "€")]
        [True, True, False, False]
        >>> [may_be("¥", currency) for currency in ("JPY", "CNY", "EUR")]
        [True, True, False]
    """
    if re.fullmatch("[A-Z]{3}", mark):
        return mark == currency
    return mark not in _OF_SIGN or currency in _OF_SIGN[mark]
