// On a narrow screen the strip of stages is longer than its window: begin where the order stands.
addEventListener("DOMContentLoaded", () => {
  const here = document.querySelector(".strip [aria-current]");
  const list = here?.parentElement;
  if (list) list.scrollLeft = here.offsetLeft - list.offsetLeft - (list.clientWidth - here.clientWidth) / 2;
});
