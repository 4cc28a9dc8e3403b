"use strict";
(() => {
const root = document.documentElement;
root.classList.add("scripted");
const byId = (id) => document.getElementById(id);

// Theme: the system's until someone chooses; the choice is kept where the browser allows it.
const theme = byId("theme");
const keep = (name) => { try { localStorage.setItem("vsscope-theme", name); } catch { /* a file may have no storage */ } };
const kept = () => { try { return localStorage.getItem("vsscope-theme"); } catch { return null; } };
const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const told = () => { theme.setAttribute("aria-pressed", String(isDark())); };
const chosen = kept();
if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; keep(root.dataset.theme); told(); });
told();

// Packed bodies: base64, deflate, a JSON array of markup that the program escaped. The page's policy lets none of it run.
const packs = new Map();
const unpack = (number) => {
  if (!packs.has(number)) packs.set(number, (async () => {
    const text = atob(byId("pack-" + number).textContent.trim());
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  })());
  return packs.get(number);
};
const fill = async (details) => {
  const body = details.querySelector(":scope > .body[data-pack]");
  if (!body) return;
  const { pack, at } = body.dataset;
  delete body.dataset.pack;
  try {
    body.innerHTML = (await unpack(pack))[Number(at)];
  } catch (error) {
    body.textContent = "This part could not be unpacked: " + error;
  }
  charts(body);
};

// A packed set has no part of its own until it is opened: it is made from its row.
const table = byId("t-sets");
const rows = table ? [...table.tBodies].flatMap((body) => [...body.rows]) : [];
const idOf = (row) => row.cells[1].firstChild.getAttribute("href").slice(1);
const ids = rows.map(idOf);
const texts = (row) => [...row.cells].map((cell) => cell.textContent);
const span = (name, text) => { const part = document.createElement("span"); part.className = name; part.textContent = text; return part; };
const place = (id) => {
  const at = ids.indexOf(id);
  if (at < 0 || !rows[at].dataset.pack) return null;
  const row = rows[at], cells = texts(row), found = row.querySelector(".f").textContent;
  const outcome = row.querySelector(".o").textContent;
  const about = [cells[0], ...cells.slice(2, [...row.cells].findIndex((cell) => cell.className === "o")), found && found + (found === "1" ? " finding" : " findings")];
  const details = document.createElement("details"), summary = document.createElement("summary"), body = document.createElement("div");
  details.className = "set";
  details.id = id;
  details.dataset.o = row.dataset.o;
  summary.append(span("badge o", outcome), " ", span("title", cells[1]), " ", span("about dim", about.filter(Boolean).join(" · ")));
  body.className = "body";
  body.dataset.pack = row.dataset.pack;
  body.dataset.at = row.dataset.at;
  details.append(summary, body);
  let next = null;
  for (let later = at + 1; later < ids.length && !next; later += 1) next = byId(ids[later]);
  byId("set-list").insertBefore(details, next);
  return details;
};

// Links lead to things that may be folded.
const reveal = async (id) => {
  const target = id && (byId(id) || place(id));
  if (!target) return;
  for (let up = target; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
  if (target.tagName === "DETAILS") await fill(target);
  target.hidden = false;
  target.scrollIntoView({ block: "start" });
  const summary = target.querySelector(":scope > summary");
  if (summary) summary.focus({ preventScroll: true });
};
const hash = () => { try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; } };
addEventListener("hashchange", () => reveal(hash()));
document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) reveal(hash());
});
document.addEventListener("toggle", (event) => {
  if (event.target.tagName === "DETAILS" && event.target.open) { fill(event.target); charts(event.target); }
}, true);

// Open and close.
const within = (id) => [...byId(id).querySelectorAll("details")];
for (const button of document.querySelectorAll("[data-open]")) button.addEventListener("click", () => {
  let left = 100;
  for (const details of within(button.dataset.open)) if (!details.hidden && !details.open && left-- > 0) details.open = true;
});
for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => {
  for (const details of within(button.dataset.close)) details.open = false;
});

// Print: what is in the page is opened. What is packed is not: a person opens what is to be printed.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")].filter((details) => !details.querySelector(":scope > .body[data-pack]"));
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

// The table of sets.
if (table) {
  const plain = (text) => text.replace(/\s+/g, " ").toLowerCase();
  const words = rows.map((row, at) => plain(texts(row).join(" ") + " " + ids[at].slice(4)));
  const rest = table.tBodies[1], first = table.tBodies[0].rows.length;
  const showAll = () => { if (rest && !rest.classList.contains("shown")) { rest.classList.add("shown"); byId("all-rows").hidden = true; } };
  if (rest) byId("all-rows").addEventListener("click", showAll);
  const text = byId("f-text"), outcome = byId("f-outcome"), found = byId("f-found");
  const filter = () => {
    const wanted = plain(text.value).split(" ").filter(Boolean);
    if (wanted.length || outcome.value || found.checked) showAll();
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = wanted.every((word) => words[at].includes(word))
        && (!outcome.value || row.dataset.o === outcome.value)
        && (!found.checked || row.querySelector(".f").dataset.n);
      const list = byId(ids[at]);
      if (row.hidden === fits) row.hidden = !fits;
      if (list && list.hidden === fits) list.hidden = !fits;
      if (fits) shown += 1;
    });
    byId("f-count").textContent = shown + " of " + rows.length + " sets";
  };
  let waiting = 0;
  text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, rows.length > 500 ? 150 : 0); });
  outcome.addEventListener("change", filter);
  found.addEventListener("change", filter);
  const heads = [...table.tHead.rows[0].cells];
  const sort = (at) => {
    const head = heads[at], down = head.getAttribute("aria-sort") === "ascending", number = Boolean(head.dataset.key);
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row, place) => head.dataset.key === "place" ? place : number ? Number(row.cells[at].dataset.n || 0) : plain(row.cells[at].textContent);
    const keys = new Map(rows.map((row, place) => [row, key(row, place)]));
    const compare = (a, b) => number ? a - b : a < b ? -1 : a > b ? 1 : 0;
    const order = [...rows].sort((a, b) => (down ? -1 : 1) * compare(keys.get(a), keys.get(b)));
    table.tBodies[0].append(...order.slice(0, first));
    if (rest) rest.append(...order.slice(first));
  };
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(at));
    head.replaceChildren(button);
  });
}

// Timelines: positions are percents of the window; zooming rewrites them.
const SVG = "http://www.w3.org/2000/svg";
const steps = (rough) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  return ([1, 2, 5].map((times) => times * power).find((step) => step >= rough)) || 10 * power;
};
const number = (value) => String(Number(value.toFixed(3)));
const after = (ms) => {
  const sign = ms < 0 ? "-" : "+", size = Math.abs(ms);
  if (size < 1000) return sign + number(size) + " ms";
  if (size < 120000) return sign + number(size / 1000) + " s";
  if (size < 7200000) return sign + number(size / 60000) + " min";
  return sign + number(size / 3600000) + " h";
};
const chart = (box) => {
  const plot = box.querySelector(".plot"), draw = box.querySelector(".draw"), status = box.querySelector(".status");
  const [from, ms, first, last] = ["from", "ms", "first", "last"].map((name) => Number(box.dataset[name]));
  const placed = [...plot.querySelectorAll(".bar [x], .bar [x1]")].map((part) => {
    const names = part.hasAttribute("x1") ? ["x1", "x2"] : part.hasAttribute("width") ? ["x", "width"] : ["x"];
    return [part, names.map((name) => [name, parseFloat(part.getAttribute(name))])];
  });
  const bars = [...plot.querySelectorAll(".bar")];
  const axis = plot.querySelector(".axis"), height = plot.getAttribute("height");
  const across = () => plot.getBoundingClientRect().width;
  let left = 0, width = 100, on = -1;
  const mark = (name, attributes, words) => {
    const part = document.createElementNS(SVG, name);
    for (const key in attributes) part.setAttribute(key, attributes[key]);
    if (words) part.textContent = words;
    return part;
  };
  const show = () => {
    const least = Math.min(first, 0), most = Math.max(last, 100);
    width = Math.min(Math.max(width, 100 * Math.min(1, 2 / ms)), most - least);
    left = Math.min(Math.max(left, least), most - width);
    for (const [part, values] of placed) for (const [name, value] of values) {
      const moved = name === "width" ? value / width * 100 : (value - left) / width * 100;
      part.setAttribute(name, Math.max(Math.min(moved, 1e7), -1e7).toFixed(3) + "%");
    }
    const room = across() / 100;
    for (const label of plot.querySelectorAll(".t")) label.classList.toggle("thin", parseFloat(label.previousSibling.getAttribute("width")) * room < label.textContent.length * 6.2 + 6);
    const span = ms * width / 100, begin = from + ms * left / 100, step = steps(span / Math.max(2, Math.min(7, across() / 90)));
    const parts = [];
    for (let at = Math.ceil(begin / step) * step; at <= begin + span; at += step) {
      const x = ((at - begin) / span * 100).toFixed(3) + "%";
      parts.push(mark("line", { x1: x, x2: x, y1: 14, y2: height }), mark("text", { x, y: 11 }, after(Math.round(at * 1e6) / 1e6)));
    }
    axis.replaceChildren(...parts);
  };
  const zoom = (factor, middle = 50) => {
    const at = left + width * middle / 100;
    width *= factor;
    left = at - Math.min(width, Math.max(last, 100) - Math.min(first, 0)) * middle / 100;
    show();
  };
  const move = (share) => { left += width * share; show(); };
  const set = (a, b) => { left = a; width = b - a; show(); };
  const say = (bar) => { // the title, and when it was after the start of the set
    const [, values] = placed.find(([part]) => part.parentNode === bar);
    status.textContent = bar.querySelector("title").textContent + ", at " + after(Math.round(from + ms * values[0][1] / 100));
  };
  const go = (by) => {
    if (on >= 0) bars[on].classList.remove("on");
    on = (on + by + bars.length) % bars.length;
    bars[on].classList.add("on");
    const [, values] = placed.find(([part]) => part.parentNode === bars[on]);
    const x = values[0][1], end = x + (values[1] && values[1][0] === "width" ? values[1][1] : 0);
    if (end < left || x > left + width) { left = x - width / 4; show(); }
    say(bars[on]);
  };
  const acts = { in: () => zoom(0.6), out: () => zoom(1 / 0.6), left: () => move(-0.25), right: () => move(0.25), creation: () => set(0, 100), all: () => set(Math.min(first, 0), Math.max(last, 100)) };
  for (const button of box.querySelectorAll("[data-zoom]")) button.addEventListener("click", acts[button.dataset.zoom]);
  draw.addEventListener("keydown", (event) => {
    const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "creation" };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (keys[event.key]) acts[keys[event.key]]();
    else if (event.key === "ArrowDown") go(1);
    else if (event.key === "ArrowUp") go(on < 0 ? 0 : -1);
    else return;
    event.preventDefault();
  });
  // The page is scrolled with the wheel: it zooms only with Ctrl, or once the timeline has the focus.
  plot.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== draw) return;
    event.preventDefault();
    const box = plot.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, (event.clientX - box.left) / box.width * 100);
  }, { passive: false });
  let grabbed = null;
  plot.addEventListener("pointerdown", (event) => { if (event.button === 0) { grabbed = event.clientX; draw.focus({ preventScroll: true }); } });
  plot.addEventListener("pointermove", (event) => {
    if (grabbed === null || !(event.buttons & 1)) { grabbed = null; return; }
    move((grabbed - event.clientX) / across());
    grabbed = event.clientX;
  });
  plot.addEventListener("mouseover", (event) => { const bar = event.target.closest(".bar"); if (bar) say(bar); });
  show();
};
const ready = new WeakSet();
const charts = (within) => {
  for (const box of within.querySelectorAll(".chart")) if (box.offsetParent && !ready.has(box)) { ready.add(box); chart(box); }
};
charts(document);
reveal(hash());
root.dataset.ready = "1";
})();
