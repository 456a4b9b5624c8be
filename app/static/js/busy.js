// Long work says that it goes on: the button is locked and the words of the form are read out.
document.addEventListener("submit", (event) => {
  const words = event.target.dataset.busy;
  if (!words || event.defaultPrevented) return;
  event.target.querySelector("[role=status]").textContent = words;
  event.target.setAttribute("aria-busy", "true");
  setTimeout(() => event.target.querySelectorAll("button").forEach((button) => (button.disabled = true)));
});
