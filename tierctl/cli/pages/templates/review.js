"use strict";
// Sorting and searching of tables; without this script every row is there, in the order of the review.
(() => {
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const sorter = (table, body) => {
    const heads = [...table.tHead.rows[0].cells];
    const first = [...body.rows];
    const valueOf = (row, place) => row.cells[place].dataset.value ?? row.cells[place].textContent.trim();
    const compare = (kind) => (a, b) => (kind === "number" ? Number(a) - Number(b) : collator.compare(a, b));
    const sort = (head, place) => {
      const turn = { none: "ascending", ascending: "descending", descending: "none" };
      const order = turn[head.getAttribute("aria-sort") ?? "none"];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (order === "none") return body.append(...first);
      head.setAttribute("aria-sort", order);
      const by = compare(head.dataset.kind);
      const sign = order === "ascending" ? 1 : -1;
      // What is empty comes last either way; rows alike keep the review's order.
      const keyed = first.map((row, at) => [valueOf(row, place), at, row]);
      keyed.sort(([a, at], [b, bt]) => (a === "") - (b === "") || sign * by(a, b) || at - bt);
      body.append(...keyed.map(([, , row]) => row));
    };
    heads.forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, place));
      head.append(button);
    });
  };

  const filter = (table, body, tools) => {
    const rows = [...body.rows].map((row) => [row, plain(row.textContent)]);
    const search = tools.querySelector("input");
    const selects = [...tools.querySelectorAll("select")];
    const output = tools.querySelector("output");
    const update = () => {
      const words = plain(search.value).split(/\s+/u).filter(Boolean);
      let shown = 0;
      for (const [row, text] of rows) {
        const fits = selects.every((each) => !each.value || row.cells[each.dataset.column].dataset.choice === each.value);
        row.hidden = !(fits && words.every((word) => text.includes(word)));
        shown += !row.hidden;
      }
      output.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    };
    for (const control of [search, ...selects]) control.addEventListener("input", update);
    tools.hidden = false;
    update();
  };

  for (const table of document.querySelectorAll("table.sorted")) {
    const body = table.tBodies[0];
    const tools = document.getElementById(`${table.id}-tools`);
    if (tools) filter(table, body, tools);
    sorter(table, body);
  }
})();
