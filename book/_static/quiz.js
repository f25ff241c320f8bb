/* The verdict beside the chosen answer. Without this script each verdict is unfolded by hand.
   A click chooses, and so do Enter and the space bar. The arrow keys only look around. */
"use strict";

for (const quiz of document.querySelectorAll("fieldset.quiz")) {
  const status = quiz.querySelector("[role=status]");
  let looking = false;

  function choose(answer) {
    const verdict = answer.closest(".quiz-answer").querySelector("details");
    answer.checked = true;
    verdict.open = true;
    status.textContent = [...verdict.children].slice(1).map((part) => part.textContent).join(" ");
  }

  quiz.addEventListener("keydown", (event) => {
    looking = event.key.startsWith("Arrow"); // a browser reports them as clicks, too
    if (event.target.type === "radio" && event.key === "Enter") choose(event.target);
    if (event.target.checked && event.key === " ") choose(event.target);
  });
  quiz.addEventListener("keyup", () => { looking = false; });
  quiz.addEventListener("click", (event) => {
    if (event.target.type === "radio" && !looking) choose(event.target);
  });

  const keys = document.createElement("p");
  keys.className = "quiz-keys";
  keys.id = quiz.id + "-keys";
  keys.textContent = "Arrow keys: another answer. Enter: the verdict.";
  quiz.append(keys);
  quiz.setAttribute("aria-describedby", keys.id);
  quiz.classList.add("quiz-live");
}
