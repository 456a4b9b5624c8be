// Forms: fields that depend on answers are drawn anew by the server; a form is sent once; typed text is not left by accident.
(() => {
  let edits = 0;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    if (form.method === "post") form.dataset.sent = "1";
    form.dataset.dirty = "";
  });
  // Coming back with the browser's button must not find the form locked.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  document.addEventListener("input", (event) => {
    edits += 1;
    const form = event.target.closest("form[data-keep]");
    if (form) form.dataset.dirty = "1";
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector('form[data-dirty="1"]')) event.preventDefault();
  });

  // A choice may show or hide other fields. Typing goes on meanwhile, so an answer that comes too late is asked for again.
  const refresh = (fields) => {
    const form = fields.closest("form");
    const asked = edits;
    const late = (event) => {
      if (edits === asked) return;
      event.preventDefault();
      refresh(fields);
    };
    fields.addEventListener("htmx:beforeSwap", late, { once: true });
    htmx.ajax("POST", form.getAttribute("action").split("#")[0], {
      source: fields, target: fields, select: "#form-fields", swap: "outerHTML",
      values: { ...htmx.values(form, "post"), _refresh: "1" },
    });
  };
  document.addEventListener("change", (event) => {
    const fields = event.target.closest("[data-live]");
    if (fields && event.target.matches("select, [type=radio], [type=checkbox]")) refresh(fields);
  });

  // Filters apply as soon as one is chosen.
  document.addEventListener("change", (event) => {
    event.target.closest("form[data-auto]")?.requestSubmit();
  });

  // An error summary takes the focus, so that a screen reader says it and the keyboard starts there.
  document.querySelector(".form-errors")?.focus();
})();
