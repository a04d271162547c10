"use strict";
// Texts are only ever put in as text: nothing here makes markup of a string.
const list = document.getElementById("articles");
const all = [...list.children];
const by = (id) => document.getElementById(id);
const figure = (article, name) => parseFloat(article.dataset[name]);
const shares = new Map(all.map((a) => [a, a.dataset.t.split(",").map(Number)]));
const words = new Map();
const text = (a) => {
  if (!words.has(a)) words.set(a, a.textContent.toLowerCase());
  return words.get(a);
};
// Articles that lack what is sorted by stand last, whichever way.
const sorted = (key, sign) => (a, b) => {
  const [x, y] = [key(a), key(b)];
  if (x === y) return 0;
  if (x === "" || Number.isNaN(x)) return 1;
  if (y === "" || Number.isNaN(y)) return -1;
  return x < y ? -sign : sign;
};
const orders = {
  given: () => 0,
  newest: sorted((a) => a.dataset.d, -1),
  oldest: sorted((a) => a.dataset.d, 1),
  lowest: sorted((a) => figure(a, "i"), 1),
  highest: sorted((a) => figure(a, "i"), -1),
  longest: sorted((a) => figure(a, "w"), -1),
  share: sorted((a) => (by("topic").value === "" ? Math.max(...shares.get(a)) : shares.get(a)[by("topic").value]), -1),
};
const leanings = {
  "": () => true,
  negative: (a) => figure(a, "hi") < 0,
  positive: (a) => figure(a, "lo") > 0,
  neither: (a) => !(figure(a, "hi") < 0) && !(figure(a, "lo") > 0),
};
const value = (id) => (by(id) ? by(id).value : "");
function apply() {
  const sought = value("search").trim().toLowerCase();
  const [topic, source, leaning] = [value("topic"), value("source"), value("leaning")];
  let shown = 0;
  for (const a of all) {
    const fits =
      (topic === "" || shares.get(a)[topic] > 0) &&
      (source === "" || a.dataset.s === source) &&
      leanings[leaning](a) &&
      (sought === "" || text(a).includes(sought));
    a.hidden = !fits;
    shown += fits;
  }
  list.append(...[...all].sort(orders[value("sort")]));
  by("count").textContent = shown === all.length ? `${shown} articles` : `${shown} of ${all.length} articles`;
}
let waiting;
by("controls").hidden = false;
by("controls").addEventListener("submit", (event) => event.preventDefault());
by("controls").addEventListener("reset", () => setTimeout(apply));
by("controls").addEventListener("change", apply);
by("search").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(apply, 150);
});
// `12c3B`: after 12 words that add little one of step 3 for the label, after 3 more one of step 2 against it.
function steps(code) {
  const found = new Map();
  let at = 0;
  for (const [, skipped, step] of code.matchAll(/(\d*)([a-eA-E])/g)) {
    at += Number(skipped);
    const size = step.toLowerCase().charCodeAt(0) - 96;
    found.set(at, step >= "a" ? size : -size);
    at += 1;
  }
  return found;
}
function highlight(chip) {
  const par = chip.closest(".par");
  const p = par.querySelector("p");
  const pressed = chip.getAttribute("aria-pressed") === "true";
  for (const other of par.querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
  const plain = p.textContent;
  p.textContent = plain;
  if (pressed) return;
  chip.setAttribute("aria-pressed", "true");
  const found = steps(chip.dataset.x);
  const parts = [];
  plain.split(" ").forEach((word, i) => {
    if (i > 0) parts.push(" ");
    const step = found.get(i) || 0;
    if (step === 0) return parts.push(word);
    const mark = document.createElement("mark");
    mark.textContent = word;
    mark.title = `${step > 0 ? "for" : "against"}, ${Math.abs(step)} of 5`;
    if (step < 0) mark.className = "against";
    mark.style.setProperty("--w", Math.abs(step));
    parts.push(mark);
  });
  p.replaceChildren(...parts);
}
list.addEventListener("click", (event) => {
  const chip = event.target.closest(".par button");
  if (chip) highlight(chip);
});
// A page may have twenty thousand labels, so those of an article become switches when it is opened.
list.addEventListener(
  "toggle",
  (event) => {
    for (const label of event.target.querySelectorAll(".par b")) {
      const chip = document.createElement("button");
      chip.className = label.className;
      chip.dataset.x = label.dataset.x;
      chip.textContent = label.textContent;
      chip.setAttribute("aria-pressed", "false");
      label.replaceWith(chip);
    }
  },
  true,
);
function follow() {
  const target = /^#a\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (!target) return;
  target.querySelector("details").open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", follow);
apply();
follow();
