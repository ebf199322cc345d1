/** The words of editing a message and answering it again; fetched with them. */
export const words = {
  edit: "Edit this message",
  editing: "Your message, in other words",
  kept: "What followed is kept: you can go back to it.",
  send: "Send",
  cancel: "Cancel",
  again: "Answer again",
  version: (/** @type {number} */ index, /** @type {number} */ of) => `Version ${index} of ${of}`,
  previous: "Previous version",
  next: "Next version",
  elsewhere: "From another version of the conversation.",
  goThere: "Go to that version",
};
