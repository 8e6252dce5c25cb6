// A table whose headings sort and whose cells narrow. Every text is set as text: a name in a log is never markup.

function button(text, name, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function heading(column, sorted, model) {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.className = column.number ? "flowkit-number" : "";
  const way = sorted.column === column.name ? (sorted.descending ? "descending" : "ascending") : "none";
  cell.setAttribute("aria-sort", way);
  const arrow = { descending: " ▼", ascending: " ▲", none: "" }[way];
  const sort = button(column.label + arrow, "flowkit-sort", () => model.send({ kind: "sort", column: column.name }));
  sort.title = `Sort by ${column.label}`;
  cell.append(sort);
  return cell;
}

function cell(column, text) {
  const made = document.createElement("td");
  if (column.number) made.className = "flowkit-number";
  if (column.picks && text !== "-") {
    const pick = document.createElement("button");
    pick.textContent = text;
    made.append(pick);
  } else {
    made.textContent = text;
  }
  return made;
}

// One listener for all cells: a table of a hundred rows is redrawn with every pick.
function picked(event, columns, model) {
  const place = event.target.closest("tbody td button")?.parentElement;
  if (place) model.send({ kind: "picked", row: place.parentElement.sectionRowIndex, column: columns[place.cellIndex].name });
}

function save(name, buffers) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([buffers[0]], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function render({ model, el }) {
  const holder = document.createElement("div");
  holder.className = "flowkit-table";
  holder.tabIndex = 0; // what scrolls must be reachable by keyboard
  holder.setAttribute("role", "region");
  const caption = document.createElement("p");
  caption.className = "flowkit-caption";
  el.append(caption, holder);

  const draw = () => {
    const { columns, rows, sorted } = JSON.parse(model.get("content"));
    const table = document.createElement("table");
    caption.textContent = model.get("caption");
    holder.setAttribute("aria-label", model.get("label"));
    const head = table.createTHead().insertRow();
    head.append(...columns.map((column) => heading(column, sorted, model)));
    const body = table.createTBody();
    body.addEventListener("click", (event) => picked(event, columns, model));
    rows.forEach((texts) => body.insertRow().append(...columns.map((column, n) => cell(column, texts[n]))));
    const focused = holder.contains(document.activeElement) ? document.activeElement.textContent : null;
    holder.replaceChildren(table);
    if (focused) {
      const again = [...holder.querySelectorAll("button")].find((b) => b.textContent.slice(0, -2) === focused.slice(0, -2));
      (again ?? holder).focus();
    }
    holder.dataset.drawn = model.get("number");
  };

  const receive = (message, buffers) => message.kind === "csv" && save(message.name, buffers);
  model.on("change:number", draw);
  model.on("msg:custom", receive);
  draw();
  return () => {
    model.off("change:number", draw);
    model.off("msg:custom", receive);
  };
}

export default { render };
