// Draws a plotly figure, and tells the kernel what was clicked or brushed on it.

const GZIP = "gzip";

// plotly.js is sent once per page, packed, and only where the page has none: a widget that carried it could not
// be restored in time when the page is loaded again.
function plotly(model) {
  globalThis.flowkitPlotly ??= globalThis.Plotly
    ? Promise.resolve(globalThis.Plotly)
    : new Promise((resolve, reject) => {
        const receive = (message, buffers) => {
          if (message.kind !== "plotly") return;
          model.off("msg:custom", receive);
          const unpacked = new Blob([buffers[0]]).stream().pipeThrough(new DecompressionStream(GZIP));
          new Response(unpacked)
            .text()
            .then((source) => {
              const module = { exports: {} };
              new Function("module", "exports", "define", source)(module, module.exports, undefined);
              resolve(module.exports);
            })
            .catch(reject);
        };
        model.on("msg:custom", receive);
        model.send({ kind: "plotly" });
      });
  return globalThis.flowkitPlotly;
}

// What was clicked, in plain values: plotly's own points refer to each other in circles.
function clicked(points) {
  const point = points?.[0];
  if (!point) return null; // a click beside everything
  const number = point.pointNumber ?? point.index;
  if (point.source !== undefined && point.target !== undefined) return { on: "link", number };
  if (point.sourceLinks !== undefined) return { on: "node", number };
  const plain = (value) => (["string", "number"].includes(typeof value) ? value : null);
  return { on: "point", trace: point.curveNumber, number, id: plain(point.id), x: plain(point.x), y: plain(point.y) };
}

function brushed(event, layout) {
  const range = event?.range?.x ?? (layout.selections?.length ? [layout.selections[0].x0, layout.selections[0].x1] : null);
  if (!range || range[0] === range[1]) return null;
  return { on: "brush", from: [...range].sort()[0], to: [...range].sort()[1] };
}

const OPTIONS = {
  displaylogo: false,
  responsive: true,
  modeBarButtonsToRemove: ["lasso2d", "sendDataToCloud", "select2d"],
};

function render({ model, el }) {
  const holder = document.createElement("div");
  holder.className = "flowkit-figure";
  const canvas = document.createElement("div");
  canvas.setAttribute("role", "figure");
  const words = document.createElement("p");
  words.setAttribute("role", "alert");
  words.hidden = true;
  holder.append(canvas, words);
  el.append(holder);

  let listening = false;
  const tell = (what) => what && model.send({ kind: "picked", ...what });
  const listen = (Plotly) => {
    if (listening) return;
    listening = true;
    canvas.on("plotly_click", (event) => tell(clicked(event.points)));
    canvas.on("plotly_selected", (event) => {
      const what = brushed(event, canvas.layout);
      if (!what) return;
      Plotly.relayout(canvas, { selections: [] });
      tell(what);
    });
  };

  const draw = async () => {
    const number = model.get("number");
    const text = model.get("figure");
    canvas.setAttribute("aria-label", model.get("label"));
    holder.dataset.asked = number;
    holder.hidden = !text;
    if (!text) {
      holder.dataset.drawn = number;
      return;
    }
    try {
      const Plotly = await plotly(model);
      const { data, layout } = JSON.parse(text);
      if (number !== model.get("number")) return; // a newer one came meanwhile
      if (!holder.clientWidth) return; // hidden: its texts have no size to place others by; it is drawn once it is seen
      await Plotly.react(canvas, data, layout, OPTIONS);
      listen(Plotly);
      words.hidden = true;
    } catch (error) {
      words.textContent = `The figure could not be drawn: ${error.message}. The table below holds the same numbers.`;
      words.hidden = false;
    }
    holder.dataset.drawn = number;
  };

  // plotly looks at the window only; a panel beside another is resized without it
  const resized = new ResizeObserver(() => {
    if (!holder.clientWidth) return;
    if (holder.dataset.drawn !== holder.dataset.asked) draw();
    else if (canvas.layout) globalThis.flowkitPlotly?.then((Plotly) => Plotly.Plots.resize(canvas));
  });
  resized.observe(holder);
  model.on("change:number", draw);
  plotly(model).catch(() => {}); // fetched while the kernel works; what goes wrong is said when it draws
  draw();
  return () => {
    resized.disconnect();
    model.off("change:number", draw);
    globalThis.flowkitPlotly?.then((Plotly) => Plotly.purge(canvas));
  };
}

export default { render };
