/** What the page says while one is incognito; fetched with it. */
export const aside = {
  title: "Incognito",
  heading: "Incognito conversation",
  about: "MIRA knows what you said before and what it remembers, and keeps nothing of what is said here: no message, no memory, no trace. It is gone when you leave or reload.",
  elsewhere: "The words still go to the language model that you have chosen.",
  placeholder: "Write to MIRA, off the record",
  leave: "Leave incognito",
  notKept: "Not kept",
  entered: "Incognito: nothing is kept.",
  left: "Incognito is over, and what was said is gone.",
  lost: "The connection was lost, and with it the answer: nothing of it was kept.",
};
