/** What the page can do; without it everything is still there to read. */
export const SCRIPT = `
(() => {
  const root = document.documentElement;
  const stored = (() => { try { return localStorage.getItem("mountproof-theme"); } catch { return null; } })();
  if (stored) root.dataset.theme = stored;
  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("mountproof-theme", root.dataset.theme); } catch {}
  });
  const tools = document.getElementById("tools");
  const search = document.getElementById("search");
  const rows = [...document.querySelectorAll(".row")];
  const groups = [...document.querySelectorAll("[data-group]")];
  const empty = document.getElementById("empty");
  let status = "";
  tools.hidden = false;
  const filter = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const hit = (!status || row.dataset.status === status) && words.every((word) => row.dataset.text.includes(word));
      row.hidden = !hit;
      if (hit) shown++;
    }
    for (const group of groups) group.hidden = !group.querySelector(".row:not([hidden])");
    empty.hidden = shown > 0;
  };
  search.addEventListener("input", filter);
  for (const button of tools.querySelectorAll("button"))
    button.addEventListener("click", () => {
      status = button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.status;
      for (const other of tools.querySelectorAll("button"))
        other.setAttribute("aria-pressed", String(other.dataset.status === status));
      filter();
    });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && document.activeElement === search) { search.value = ""; filter(); search.blur(); }
  });
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.previousElementSibling;
      try { await navigator.clipboard.writeText(text.textContent); button.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(text); button.textContent = "Press Ctrl+C"; }
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
  }
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
`;
