"""Which file is which export and which header which column: what is sure, what is likely, what is open."""

from pathlib import Path

import pytest

from tests.proposed.folders import PARTNERS, made, write
from tierctl.contracts import export_contract
from tierctl.proposed import words
from tierctl.proposed.lines import Confidence

OPPORTUNITIES = export_contract("opportunities")
HEADER = "Opportunity ID,Partner ID,Submitted,Stage"


def opportunities(*rows: str, header: str = HEADER) -> dict[str, str]:
    return {"partners.csv": PARTNERS, "opportunities.csv": "\n".join((header, *rows, ""))}


# ---- words


@pytest.mark.parametrize(
    ("header", "column", "grade"),
    [
        ("opportunity_id", "opportunity_id", words.OWN),
        ("Opportunity ID", "opportunity_id", words.OWN),
        ("OPPORTUNITY", "opportunity_id", words.TITLE),
        ("Close Date", "closed_on", words.CLEAR),
        ("closeDate", "closed_on", words.CLEAR),
        ("Close_Date__c", "closed_on", words.CLEAR),
        ("Fecha de cierre", "closed_on", words.CLEAR),
        ("Date de cloture", "closed_on", words.CLEAR),
        ("Amount (EUR)", "amount", words.OWN),
        ("Status", "stage", words.VAGUE),
        ("metadata[partner_id]", "partner_id", words.OWN),
        ("Next Step", "stage", words.UNSAID),
        ("", "stage", words.UNSAID),
    ],
)
def test_how_plainly_a_header_means_a_column(header: str, column: str, grade: int) -> None:
    assert words.says(header, "opportunities", OPPORTUNITIES.field(column)) == grade


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("won", "won"),
        ("Closed Won", "won"),
        ("closedwon", "won"),
        ("6 - Closed Won", "won"),
        ("2 - Proposal", "open"),
        ("Clôturée perdue", "lost"),
        ("Rampe", ""),
        ("", ""),
    ],
)
def test_what_a_word_means(word: str, ours: str) -> None:
    assert words.meaning(word, "opportunities", OPPORTUNITIES.field("stage")) == ours


@pytest.mark.parametrize(
    ("stem", "export", "is_named"),
    [
        ("hubspot-crm-exports-all-deals-2025-07-01", "opportunities", True),
        ("fx_rates", "fx_rates", True),
        ("Rechnungen_2025", "invoices", True),
        ("unpaid_invoicesque", "invoices", False),
    ],
)
def test_a_file_s_name_says_what_it_is(stem: str, export: str, is_named: bool) -> None:
    assert words.names_export(stem, export) == is_named


# ---- columns


def test_a_header_and_cells_that_fit_are_sure(tmp_path: Path) -> None:
    rows = ("O-1,P-1,2025-01-31,Closed Won", "O-2,P-2,2025-02-01,Proposal")
    found = made(write(tmp_path / "ws", opportunities(*rows)))
    line = found.line("opportunities", "Partner ID")
    assert (line.value, line.confidence, line.why) == (
        "partner_id", Confidence.SURE, "header; both ids stand in partners.csv",
    )  # fmt: skip
    assert found.export("opportunities").confidence is Confidence.SURE
    assert found.asked("opportunities", "stage") == ""


@pytest.mark.parametrize(
    ("strangers", "confidence"),
    [(0, Confidence.SURE), (1, Confidence.LIKELY), (9, Confidence.LIKELY)],
)
def test_ids_that_the_roster_lacks_make_it_less_sure(tmp_path: Path, strangers: int, confidence: Confidence) -> None:
    partners = "Partner ID,Name\n" + "".join(f"P-{n},Partner {n}\n" for n in range(10))
    rows = [f"O-{n},P-{n},2025-01-31,open" for n in range(10)]
    rows += [f"X-{n},Q-{n},2025-01-31,open" for n in range(strangers)]
    files = opportunities(*rows) | {"partners.csv": partners}
    assert made(write(tmp_path / "ws", files)).line("opportunities", "Partner ID").confidence is confidence


def test_partners_names_are_not_partners_ids(tmp_path: Path) -> None:
    rows = ("O-1,Blue Harbor,2025-01-31,open", "O-2,Dune,2025-02-01,open")
    found = made(write(tmp_path / "ws", opportunities(*rows, header=HEADER.replace("Partner ID", "Partner"))))
    assert found.asked("opportunities", "partner_id") == (
        "whether 'Partner' is partner_id: none of its cells is an id in partners.csv"
    )
    assert "Partner" not in found.config["exports"]["opportunities"]["columns"]


def test_an_account_that_stands_in_the_roster_is_the_partner(tmp_path: Path) -> None:
    rows = ("O-1,P-1,2025-01-31,open", "O-2,P-2,2025-02-01,open")
    found = made(write(tmp_path / "ws", opportunities(*rows, header=HEADER.replace("Partner ID", "Account ID"))))
    line = found.line("opportunities", "Account ID")
    assert (line.value, line.why) == ("partner_id", "vague header; both ids stand in partners.csv")


def test_two_headers_for_one_column_are_open_with_both_named(tmp_path: Path) -> None:
    header = f"{HEADER},Close Date,Closed"
    rows = ("O-1,P-1,2025-01-31,won,2025-02-01,2025-02-02", "O-2,P-2,2025-02-01,won,2025-03-01,2025-03-02")
    found = made(write(tmp_path / "ws", opportunities(*rows, header=header)), "growth")
    assert found.asked("opportunities", "closed_on") == (
        "which of 'Close Date', 'Closed' is closed_on: header; both cells are dates"
        " → keep one line in [exports.opportunities.columns]"
    )
    assert {"Close Date", "Closed"}.isdisjoint(found.config["exports"]["opportunities"]["columns"])
    assert '# "Close Date"     = "closed_on"' in found.text


@pytest.mark.parametrize("dates", [2, 1])
def test_cells_of_another_kind_refuse_a_header(tmp_path: Path, dates: int) -> None:
    """Where at least half of the cells are no dates, no header makes them any."""
    days = ["2025-01-31"] * dates + ["next week"] * (3 - dates)
    rows = [f"O-{n},P-1,{day},open" for n, day in enumerate(days)]
    found = made(write(tmp_path / "ws", opportunities(*rows)))
    assert ("Submitted" in found.config["exports"]["opportunities"]["columns"]) == (dates == 2)


def test_a_column_that_nothing_fits_says_what_is_left_over(tmp_path: Path) -> None:
    rows = ("O-1,P-1,2025-01-31,Hot",)
    found = made(write(tmp_path / "ws", opportunities(*rows, header="Opportunity ID,Partner ID,Submitted,Heat")))
    assert found.asked("opportunities", "stage") == (
        "no header is stage, which every row needs → map a header to it in"
        " [exports.opportunities.columns], or say it once for all rows in [exports.opportunities.fixed]"
    )
    assert "# - opportunities, headers left over: 'Heat'\n" in found.text


def test_all_that_is_left_over_is_named_once(tmp_path: Path) -> None:
    others = [f"Sonstiges {letter} mit einem langen Namen" for letter in "ABCDEFGH"]
    row = ",".join(["O-1", "P-1", *"abcdefgh"])
    header = ",".join(["Opportunity ID", "Partner ID", *others])
    text = made(write(tmp_path / "ws", opportunities(row, header=header))).text
    head = " ".join(line.lstrip("# ") for line in text.partition("programs = ")[0].splitlines())
    assert head.count("which every row needs") == 2
    assert [head.count(repr(each)) for each in others] == [1] * 8


def test_an_id_is_never_made_a_number(tmp_path: Path) -> None:
    rows = ("O-1,P-1,2025-01-31,open,007", "O-2,P-2,2025-02-01,open,008")
    found = made(write(tmp_path / "ws", opportunities(*rows, header=f"{HEADER},Amount")))
    assert "begins with a zero" in found.line("opportunities", "Amount").why
    assert "Amount" not in found.config["exports"]["opportunities"]["columns"]


def test_a_percentage_is_no_fraction(tmp_path: Path) -> None:
    rows = ("P-1,2025-01-01,5 %", "P-2,2025-01-01,6 %")
    files = {"partners.csv": PARTNERS, "agreements.csv": "\n".join(("Partner ID,Effective,Rate", *rows, ""))}
    found = made(write(tmp_path / "ws", files))
    assert found.asked("agreements", "standard_rate") == (
        "whether 'Rate' is standard_rate: '5 %' (record 1) is a percentage, and a fraction is needed:"
        ' percent = "fraction" under [exports.agreements.formats.standard_rate] reads it as one'
    )
    assert "formats" not in found.config["exports"]["agreements"]
    line = found.line("agreements", "percent", "formats.standard_rate")
    assert (line.value, line.confidence) == ("fraction", Confidence.OPEN)


def test_percentages_with_a_decimal_comma_are_offered_with_it(tmp_path: Path) -> None:
    rows = ("P-1;2025-01-01;5 %", "P-2;2025-01-01;7,5 %")
    files = {"partners.csv": PARTNERS, "agreements.csv": "\n".join(("Partner ID;Effective;Rate", *rows, ""))}
    found = made(write(tmp_path / "ws", files))
    text = found.text.partition("# [exports.agreements.formats.standard_rate]\n")[2]
    assert [line.partition("   #")[0].rstrip() for line in text.splitlines()[:2]] == [
        '# percent     = "fraction"',
        '# decimalChar = ","',
    ]


# ---- currencies that no column brings


@pytest.mark.parametrize(
    ("amounts", "header", "fixed", "proposed"),
    [
        (("€12,50", "€1.250,00"), "Price", "EUR", "EUR"),
        (("USD 12.50", "USD 99.00"), "Price", "USD", "USD"),
        (("$12.50", "$99.00"), "Price", None, "USD"),
        (("12.50", "99.00"), "Price", None, "USD"),
        (("12.50", "99.00"), "Price (CAD)", None, "CAD"),
        (("€12.50", "99.00"), "Price", None, "USD"),
    ],
)
def test_a_currency_is_fixed_only_where_every_amount_says_it(
    tmp_path: Path, amounts: tuple[str, ...], header: str, fixed: str | None, proposed: str
) -> None:
    rows = [f'L-{n},P-1,C-1,Hardware,"{amount}",2025-01-31' for n, amount in enumerate(amounts)]
    lines = (f"Invoice Line,Partner ID,Customer,Item,{header},Issued", *rows, "")
    files = {"partners.csv": PARTNERS, "invoices.csv": "\n".join(lines)}
    found = made(write(tmp_path / "ws", files), "infusionsoft")
    line = found.line("invoices", "currency", "fixed")
    assert (line.value, line.confidence) == (proposed, Confidence.LIKELY if fixed else Confidence.OPEN)
    assert found.config["exports"]["invoices"].get("fixed") == ({"currency": fixed} if fixed else None)
    assert bool(found.asked("invoices", "currency")) == (fixed is None)


# ---- files


def test_files_of_one_header_are_one_export_by_a_pattern(tmp_path: Path) -> None:
    row = ("O-1,P-1,2025-01-31,open",)
    files = opportunities(*row) | {
        "deals-2024.csv": f"{HEADER}\n",
        "deals-2025.csv": f"{HEADER}\nO-2,P-2,2025-01-31,won\n",
    }
    del files["opportunities.csv"]
    assert made(write(tmp_path / "ws", files)).config["exports"]["opportunities"]["path"] == "deals-*.csv"


def test_a_pattern_that_takes_another_file_too_is_none(tmp_path: Path) -> None:
    files = {"partners.csv": PARTNERS, "deals-notes.csv": "a,b\n1,2\n"}
    files |= {f"deals-{year}.csv": f"{HEADER}\nO-{year},P-1,{year}-01-31,open\n" for year in (2024, 2025)}
    path = made(write(tmp_path / "ws", files)).config["exports"]["opportunities"]["path"]
    assert path == ["deals-2024.csv", "deals-2025.csv"]


def test_two_files_that_fit_alike_are_open(tmp_path: Path) -> None:
    text = f"{HEADER}\nO-1,P-1,2025-01-31,open\n"
    files = {"partners.csv": PARTNERS, "deals a.csv": text, "deals b.csv": text.replace("Stage", "Phase")}
    found = made(write(tmp_path / "ws", files))
    assert found.export("opportunities").confidence is Confidence.OPEN
    assert found.asked("opportunities", "") == (
        "which file is opportunities: deals a.csv or deals b.csv → keep one of them in path"
    )
    assert "opportunities" not in found.config["exports"]


def test_what_no_program_reads_is_listed_with_what_it_looks_like(tmp_path: Path) -> None:
    files = {"partners.csv": PARTNERS, "notes.csv": "Topic,Text\nA,B\n"}
    files["payments.csv"] = "Payment,Invoice Line,Received,Amount,Currency\nR-1,L-1,2025-01-31,12.50,USD\n"
    found = made(write(tmp_path / "ws", files))
    told = {file.name: (file.export, file.is_read) for file in found.proposal.files}
    assert told == {"notes.csv": ("", False), "partners.csv": ("partners", True), "payments.csv": ("payments", False)}
    assert "# payments.csv: looks like payments\n" in found.text


def test_an_export_that_no_file_fits_says_what_it_needs(tmp_path: Path) -> None:
    found = made(write(tmp_path / "ws", {"partners.csv": PARTNERS}))
    assert found.asked("agreements", "") == (
        "no file fits agreements (partner agreements) → it needs a file with partner_id, effective_on,"
        " under whatever headers; where there is nothing of the kind, a file with a header alone will do:"
        " partner_id,effective_on"
    )
    assert "# [exports.agreements]\n" in found.text
    assert not found.proposal.is_ready


def test_paths_start_from_the_workspace(tmp_path: Path) -> None:
    folder = write(tmp_path / "exports", {"partners.csv": PARTNERS})
    assert made(folder, root=tmp_path / "ws").config["exports"]["partners"]["path"] == "../exports/partners.csv"
    assert made(folder, root=tmp_path).config["exports"]["partners"]["path"] == "exports/partners.csv"


# ---- formats


def test_one_column_decides_for_another_of_its_export(tmp_path: Path) -> None:
    rows = ("O-1,P-1,01/02/2025,won,01/31/2025", "O-2,P-2,03/04/2025,won,02/03/2025")
    found = made(write(tmp_path / "ws", opportunities(*rows, header=f"{HEADER},Close Date")))
    assert found.config["exports"]["opportunities"]["format"] == {"date": "%m/%d/%Y"}
    assert found.export("opportunities").notes == (
        "submitted_on alone could be read in several ways; Close Date decides that it is %m/%d/%Y: '01/31/2025'",
    )


def test_a_column_that_is_written_otherwise_has_a_format_of_its_own(tmp_path: Path) -> None:
    header = f"{HEADER},Close Date,Registration Decided"
    rows = ("O-1,P-1,01/31/2025,won,2025-02-28,01/13/2025", "O-2,P-2,03/14/2025,won,2025-03-31,02/14/2025")
    export = made(write(tmp_path / "ws", opportunities(*rows, header=header))).config["exports"]["opportunities"]
    assert export["format"] == {"date": "%m/%d/%Y"}
    assert export["formats"] == {"closed_on": {"date": "%Y-%m-%d"}}


def test_dates_that_read_both_ways_are_not_set(tmp_path: Path) -> None:
    rows = ("O-1,P-1,01/02/2025,won", "O-2,P-2,12/12/2025,won")
    found = made(write(tmp_path / "ws", opportunities(*rows)))
    assert "format" not in found.config["exports"]["opportunities"]
    asked = found.asked("opportunities", "submitted_on")
    assert asked.startswith("how submitted_on is written: ")
    assert asked.endswith(" → a row such as 13/02/2025 decides it")


def test_one_day_above_twelve_decides(tmp_path: Path) -> None:
    rows = ("O-1,P-1,01/02/2025,won", "O-2,P-2,13/12/2025,won")
    found = made(write(tmp_path / "ws", opportunities(*rows)))
    assert found.config["exports"]["opportunities"]["format"] == {"date": "%d/%m/%Y"}


def test_a_mark_that_means_yes_leaves_blank_cells_meaning_no(tmp_path: Path) -> None:
    header = "Order Line,Partner ID,Account,Order Type,MRR,Currency,Sold,Via Portal"
    rows = ("L-1,P-1,C-1,New Logo,10,USD,2025-01-31,x", "L-2,P-2,C-2,Renewal,20,USD,2025-01-31,")
    files = {"partners.csv": PARTNERS, "mrr.csv": "\n".join((header, *rows, ""))}
    export = made(write(tmp_path / "ws", files)).config["exports"]["mrr"]
    assert export["values"]["via_portal"] == {"": "false"}
    assert export["format"]["trueValues"] == ["x"]


# ---- snapshots


def test_snapshots_of_the_same_rows_are_open(tmp_path: Path) -> None:
    files = {"partners-2025-04.csv": PARTNERS, "partners-2025-05.csv": f"{PARTNERS}P-4,Eastgate\n"}
    found = made(write(tmp_path / "ws", files))
    assert found.asked("partners", "") == (
        "which file is partners: partners-2025-04.csv or partners-2025-05.csv; they bring the same ids, as snapshots of"
        " several days do → keep one of them in path"
    )


def test_files_that_overlap_by_a_line_are_one_export(tmp_path: Path) -> None:
    more = "Partner ID,Name\nP-3,Dune\nP-4,Eastgate\nP-5,Fen\n"
    found = made(write(tmp_path / "ws", {"partners-a.csv": PARTNERS, "partners-b.csv": more}))
    assert found.config["exports"]["partners"]["path"] == "partners-*.csv"


# ---- amounts


def test_an_amount_that_a_vague_header_names_is_open(tmp_path: Path) -> None:
    header = "Order Line,Partner ID,Account,Order Type,Amount,Currency,Sold"
    rows = ("L-1,P-1,C-1,New Logo,1200,USD,2025-01-31", "L-2,P-2,C-2,Renewal,2400,USD,2025-01-31")
    found = made(write(tmp_path / "ws", {"partners.csv": PARTNERS, "mrr.csv": "\n".join((header, *rows, ""))}))
    assert found.line("mrr", "Amount").confidence is Confidence.OPEN
    assert found.asked("mrr", "mrr") == (
        "whether 'Amount' is mrr: vague header; both cells are numbers"
        " → take the comment sign off the line, or leave it out, in [exports.mrr.columns]"
    )


def test_a_mark_beside_a_column_of_yes_and_no_keeps_its_own_word_for_no(tmp_path: Path) -> None:
    header = "Order Line,Partner ID,Account,Order Type,MRR,Currency,Sold,Via Portal,Promo"
    rows = ("L-1,P-1,C-1,New Logo,10,USD,2025-01-31,x,Yes", "L-2,P-2,C-2,Renewal,20,USD,2025-01-31,,No")
    files = {"partners.csv": PARTNERS, "mrr.csv": "\n".join((header, *rows, ""))}
    export = made(write(tmp_path / "ws", files)).config["exports"]["mrr"]
    assert export["values"]["via_portal"] == {"": "false"}
    assert (export["format"]["trueValues"], export["format"]["falseValues"]) == (["x", "Yes"], ["false", "No"])


def test_words_for_yes_and_no_that_only_one_column_knows(tmp_path: Path) -> None:
    header = "Service,Partner,Product,Seats,Monthly Charge,Cur,Contract,Site,Start"
    rows = ("S-1,P-1,Phones,10,9.50,USD,36,HQ,2025-01-31", "S-2,P-2,Phones,10,9.50,USD,36,Branch,2025-01-31")
    files = {"partners.csv": PARTNERS, "services.csv": "\n".join((header, *rows, ""))}
    export = made(write(tmp_path / "ws", files)).config["exports"]["partner_services"]
    assert (export["format"]["trueValues"], export["format"]["falseValues"]) == (["HQ"], ["Branch"])


# ---- words that are told apart, where the header is open


LINES = "Order Line,Partner ID,Account,Order Type,MRR,Currency,Sold"


def mrr(header: str, *rows: str) -> dict[str, str]:
    """Order lines with columns of their own behind what every row needs."""
    lines = [f"L-{n},P-1,C-{n},Renewal,{n}.50,USD,2025-01-31,{row}" for n, row in enumerate(rows, start=1)]
    return {"partners.csv": PARTNERS, "mrr.csv": "\n".join((f"{LINES},{header}", *lines, ""))}


def test_words_are_asked_for_under_each_header_that_may_be_the_column(tmp_path: Path) -> None:
    found = made(write(tmp_path / "ws", mrr("Product Group,Plan", "MSFT CSP,Gold", "UCaaS,Gold")))
    asked = [each for each in found.export("mrr").questions if each.about == "product_family"]
    assert [(each.said.partition(", if any")[0], each.is_needed) for each in asked] == [
        ("which of 'Product Group', 'Plan' is product_family: header; 2 texts, all different", True),
        ("where 'Product Group' is product_family: which of 'MSFT CSP', 'UCaaS' is microsoft", True),
        ("where 'Plan' is product_family: which of 'Gold' is microsoft", True),
    ]
    assert "# [exports.mrr.values.product_family]\n" in found.text
    line = '# "MSFT CSP" = "microsoft"   # OPEN: where \'Product Group\' is product_family: is it microsoft?'
    assert line in found.text.splitlines()
    assert "product_family" not in found.config["exports"]["mrr"].get("values", {})


def test_a_word_that_is_known_is_not_set_before_the_header_is(tmp_path: Path) -> None:
    found = made(write(tmp_path / "ws", mrr("Product Group,Plan", "Microsoft,a", "UCaaS,b")))
    assert found.config["exports"]["mrr"]["values"] == {"order_type": {"Renewal": "renewal"}}
    assert found.line("mrr", "Microsoft", "values.product_family").value == "microsoft"


def test_without_any_such_header_the_words_are_asked_for_too(tmp_path: Path) -> None:
    found = made(write(tmp_path / "ws", mrr("Sparte", "MSFT CSP", "UCaaS")))
    asked = next(each for each in found.export("mrr").questions if each.about == "product_family")
    assert asked.said == (
        "no header is product_family, which the program reads, so that it stays empty;"
        " the program tells microsoft apart in it"
    )
    assert asked.is_needed
    assert '# "their word" = "microsoft"   # OPEN: ' in found.text


def test_where_nothing_is_left_over_nothing_can_be_answered(tmp_path: Path) -> None:
    files = mrr("Quote Date", "2025-01-02", "2025-01-03")
    asked = next(each for each in made(write(tmp_path / "ws", files)).export("mrr").questions)
    assert (asked.about, asked.is_needed) == ("product_family", False)
    assert asked.said.endswith("; no header is left over")


# ---- the roster's own ids

TWO_KEYS = "Account ID,Partner Number,Account Name\nA-1,101,Blue\nA-2,102,Clear\nA-3,103,Dune\n"


@pytest.mark.parametrize(
    ("ids", "more", "header"),
    [
        (("101", "103"), ("102",), "Partner Number"),
        (("A-1", "A-3"), ("A-2",), "Account ID"),
        (("101", "999"), ("102",), None),  # no more than half of them
        (("101", "102", "999"), ("102",), "Partner Number"),
        (("101", "102"), ("A-2",), None),  # both are used
        (("B-1", "B-2"), ("B-3",), None),  # neither is
        (("101", "102"), ("B-3",), None),  # one file knows neither
    ],
)
def test_the_other_exports_decide_which_column_has_the_partners_ids(
    tmp_path: Path, ids: tuple[str, ...], more: tuple[str, ...], header: str | None
) -> None:
    rows = [f"O-{n},{id_},2025-01-31,open" for n, id_ in enumerate(ids)]
    files = opportunities(*rows, header=HEADER.replace("Partner ID", "Partner Account: Partner Number"))
    files |= {"partners.csv": TWO_KEYS}
    files["agreements.csv"] = "\n".join(("Partner No,Effective", *(f"{id_},2025-01-31" for id_ in more), ""))
    found = made(write(tmp_path / "ws", files))
    columns = found.config["exports"]["partners"]["columns"]
    assert [theirs for theirs, ours in columns.items() if ours == "partner_id"] == ([header] if header else [])
    assert bool(found.asked("partners", "partner_id")) == (header is None)


def test_the_reason_names_the_files_and_the_rival(tmp_path: Path) -> None:
    files = opportunities("O-1,101,2025-01-31,open", "O-2,102,2025-01-31,open") | {"partners.csv": TWO_KEYS}
    found = made(write(tmp_path / "ws", files))
    line = found.line("partners", "Partner Number")
    assert (line.confidence, line.why) == (
        Confidence.SURE,
        "header; all 3 are different; the partner ids of opportunities.csv stand in it, and none in 'Account ID'",
    )
    assert found.line("opportunities", "Partner ID").why == "header; both ids stand in partners.csv"


def test_a_key_under_a_header_that_nobody_knows_is_found_by_the_others(tmp_path: Path) -> None:
    files = opportunities("O-1,101,2025-01-31,open", "O-2,102,2025-01-31,open")
    files |= {"partners.csv": TWO_KEYS.replace("Partner Number", "Schlüssel").replace("Account ID", "Kürzel")}
    line = made(write(tmp_path / "ws", files)).line("partners", "Schlüssel")
    assert (line.value, line.confidence) == ("partner_id", Confidence.LIKELY)


def test_two_rosters_are_both_offered_with_their_headers(tmp_path: Path) -> None:
    other = PARTNERS.replace("Partner ID", "Partner No").replace("Name", "Firma")
    found = made(write(tmp_path / "ws", {"partners a.csv": PARTNERS, "partners b.csv": other}))
    assert found.asked("partners", "").endswith(
        " → keep one of them in path: the one that has every partner, by the ids that the other files have"
    )
    block = found.text.partition("── Partner roster")[2].partition("# ── ")[0]
    assert "exports" not in found.config or "partners" not in found.config["exports"]
    assert [line for line in block.splitlines() if "path = " in line or "partner_id" in line] == [
        '# path = "partners a.csv"   # OPEN: or partners b.csv',
        '# "Partner ID" = "partner_id"   # header; all 3 are different',
        '# path = "partners b.csv"   # OPEN: or partners a.csv',
        '# "Partner No" = "partner_id"   # header; all 3 are different',
    ]


# ---- headers


@pytest.mark.parametrize(
    ("header", "export", "column", "grade"),
    [
        ("Sold Date", "mrr", "sold_on", words.CLEAR),
        ("Date Sold", "mrr", "sold_on", words.CLEAR),
        ("Date of Sale", "mrr", "sold_on", words.UNSAID),  # "Sale" alone is not known
        ("Signed Date", "mrr", "sold_on", words.VAGUE),  # as "Signed" is
        ("Disconnect Date", "mrr", "cancelled_on", words.CLEAR),
        ("Term Date", "mrr", "term_months", words.UNSAID),  # no day
        ("Cancellation Date Reason", "mrr", "cancelled_on", words.UNSAID),
        ("Won/Lost on", "opportunities", "closed_on", words.CLEAR),
        ("Reg. decided", "opportunities", "registration_decided_on", words.CLEAR),
        ("SO Line", "mrr", "line_id", words.CLEAR),
        ("Txn Type", "mrr", "order_type", words.VAGUE),
        ("HQ?", "partner_services", "at_headquarters", words.CLEAR),
        ("ISO Country", "partners", "country", words.CLEAR),
        ("Standing OK", "partners", "good_standing", words.CLEAR),
        ("PRM ID", "partners", "partner_id", words.CLEAR),
        ("Learner email", "certifications", "person_id", words.CLEAR),
        ("Course code", "certifications", "certification", words.CLEAR),
        ("Partner Account: Partner Number", "opportunities", "partner_id", words.CLEAR),
        ("Partner Account: Account ID", "opportunities", "partner_id", words.CLEAR),
        ("Partner Account: Account Name", "opportunities", "partner_id", words.UNSAID),
        ("Parent Account: Account ID", "opportunities", "customer_id", words.UNSAID),
        ("Opportunity: Close Date", "opportunities", "closed_on", words.CLEAR),
    ],
)
def test_a_header_says_what_it_is(header: str, export: str, column: str, grade: int) -> None:
    assert words.says(header, export, export_contract(export).field(column)) == grade


# ---- what stays empty, and words that need an answer


def test_a_column_that_stays_empty_says_what_that_means(tmp_path: Path) -> None:
    header = "Service,Partner,Product,Seats,Monthly Charge,Cur,Contract,Start,Wo"
    row = "S-1,P-1,Phones,10,9.50,USD,36,2025-01-31,Berlin"
    files = {"partners.csv": PARTNERS, "services.csv": f"{header}\n{row}\n"}
    assert made(write(tmp_path / "ws", files)).asked("partner_services", "at_headquarters") == (
        "no header is at_headquarters, which the program reads, so that it stays empty → Whether the seats are at the"
        " partner's headquarters. Empty: they are; map a header to it in [exports.partner_services.columns] where one"
        " is meant"
    )


def test_of_a_header_alone_nothing_stays_empty(tmp_path: Path) -> None:
    header = "service_id,partner_id,product,seats,mrc,currency,contract_months,starts_on"
    found = made(write(tmp_path / "ws", {"partners.csv": PARTNERS, "services.csv": f"{header}\n"}))
    assert found.export("partner_services").questions == ()
    assert found.config["exports"]["partner_services"] == {"path": "services.csv"}


@pytest.mark.parametrize(("cell", "is_asked"), [("", True), ("Y", False)])
def test_a_column_without_any_cell_says_what_that_means(tmp_path: Path, cell: str, *, is_asked: bool) -> None:
    files = mrr("Promo,Product Line", f"{cell},Microsoft", f"{cell},Microsoft")
    said = (
        "no cell of 'Promo' is filled, which the program reads as promotional → Whether the service is free or"
        " discounted under a promotion. Empty: it is not"
    )
    found = made(write(tmp_path / "ws", files))
    assert found.asked("mrr", "promotional") == (said if is_asked else "")
    assert found.config["exports"]["mrr"]["columns"]["Promo"] == "promotional"


def test_the_day_on_which_a_word_came_to_hold_is_read_with_it(tmp_path: Path) -> None:
    header = HEADER.replace("Partner ID", "Partner") + ",Rep"
    found = made(write(tmp_path / "ws", opportunities("O-1,P-1,2025-01-31,open,Haddad", header=header)), "growth")
    assert found.asked("opportunities", "closed_on").startswith("no header is closed_on, which the program reads")


@pytest.mark.parametrize(
    ("word", "proposed"), [("US$", "USD"), ("$", ""), ("AU$", ""), ("€", None), ("Euro", None), ("Beaver", "fixed")]
)
def test_a_currency_with_a_dollar_sign_is_asked_for_in_its_column(
    tmp_path: Path, word: str, proposed: str | None
) -> None:
    files = mrr("Rep", "a", "b")
    files["mrr.csv"] = files["mrr.csv"].replace("USD", word)
    found = made(write(tmp_path / "ws", files))
    export = found.config["exports"]["mrr"]
    if proposed == "fixed":  # no currency at all
        assert found.line("mrr", "currency", "fixed").confidence is Confidence.OPEN
        return
    assert export.get("columns", {}).get("Currency", "currency") == "currency"
    if proposed is None:
        assert export["values"]["currency"] == {word: "EUR"}
        return
    line = found.line("mrr", word, "values.currency")
    assert (line.value, line.confidence) == (proposed, Confidence.OPEN)
    assert "fixed" not in found.text.partition("── Recurring revenue")[2].partition("# ── ")[0]


def test_the_word_that_is_neither_yes_nor_no_is_named(tmp_path: Path) -> None:
    found = made(write(tmp_path / "ws", mrr("Promo", "Y", "N", "Maybe")))
    assert found.asked("mrr", "promotional") == (
        "whether 'Promo' is promotional: its cells are neither yes nor no: 'Maybe'"
    )
