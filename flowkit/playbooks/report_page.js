// Sorts tables by click and by keyboard, and unfolds what is printed; nothing else, and it asks nobody.
(() => {
  const order = new Intl.Collator('en', {numeric: true}).compare;
  const number = (text) => Number(text.replaceAll(',', ''));

  // What is empty comes last whichever way it is sorted.
  const compared = (one, other, numbers) => {
    if (!one || !other) return null;
    return numbers ? number(one) - number(other) : order(one, other);
  };

  const sort = (table, place) => {
    const heads = [...table.tHead.rows[0].cells];
    const upward = heads[place].getAttribute('aria-sort') !== 'ascending';
    heads.forEach((head) => head.setAttribute('aria-sort', 'none'));
    heads[place].setAttribute('aria-sort', upward ? 'ascending' : 'descending');
    const rows = [...table.tBodies[0].rows].map((row) => [row.cells[place].textContent, row]);
    const numbers = rows.every(([text]) => !text || !Number.isNaN(number(text)));
    rows.sort(([one], [other]) => {
      const found = compared(one, other, numbers);
      if (found === null) return Boolean(other) - Boolean(one);
      return upward ? found : -found;
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };

  document.querySelectorAll('table.sortable').forEach((table) => {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.replaceChildren(button);
      head.setAttribute('aria-sort', 'none');
      button.addEventListener('click', () => sort(table, place));
    });
  });

  const wide = document.querySelectorAll('.wide');
  wide.forEach((box) => {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
  });

  let folded = [];
  window.addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll('details:not([open])')].filter((one) => !one.matches('.info .info'));
    folded.forEach((one) => { one.open = true; });
  });
  window.addEventListener('afterprint', () => folded.forEach((one) => { one.open = false; }));
})();
