// Draws a decision with the DMN viewer when its section is opened. The plain table above says the same without scripts.
document.querySelectorAll("[data-dmn]").forEach((frame) => {
  const section = frame.closest("details");
  section.addEventListener("toggle", async () => {
    if (!section.open || frame.childElementCount) return;
    try {
      const answer = await fetch(frame.dataset.dmn, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      const viewer = new DmnJS({ container: frame });
      await viewer.importXML(await answer.text());
      const view = viewer.getViews().find((each) => each.element.id === frame.dataset.decision) || viewer.getViews()[0];
      await viewer.open(view);
    } catch (problem) {
      frame.textContent = `! ${problem.message}`;
      frame.setAttribute("role", "alert");
    }
  });
});
