"use strict";
// A click on a header sorts its table by that column: numbers by size, what is no number last.

function sortBy(table, column, ascending) {
  const number = (row) => parseFloat(row.cells[column].textContent.replaceAll(",", ""));
  const text = (row) => row.cells[column].textContent;
  const rows = [...table.tBodies[0].rows];
  const numeric = rows.some((row) => !isNaN(number(row)));
  const sign = ascending ? 1 : -1;
  rows.sort((a, b) => {
    if (!numeric) return sign * text(a).localeCompare(text(b), undefined, { numeric: true });
    const [x, y] = [number(a), number(b)];
    return isNaN(x) || isNaN(y) ? isNaN(x) - isNaN(y) : sign * (x - y);
  });
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table:not(.confusion)")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    header.firstElementChild.addEventListener("click", () => {
      const ascending = header.getAttribute("aria-sort") !== "ascending";
      headers.forEach((other) => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sortBy(table, column, ascending);
    });
  });
}
