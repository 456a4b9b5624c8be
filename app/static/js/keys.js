// Keys for those who work lists all day: / search, j and k move, Enter opens, ? explains. Pages work without them.
(() => {
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("cur"));
    const to = Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by));
    all.forEach((row, index) => row.classList.toggle("cur", index === to));
    all[to].querySelector("a.open").focus({ preventScroll: true });
    all[to].scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "/") {
      document.getElementById("search-box")?.focus();
      event.preventDefault();
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
  });

  // A menu closes when one clicks elsewhere.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    });
  });
})();
