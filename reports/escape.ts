/** Text for XML and HTML, in element content and quoted attributes. What XML 1.0 cannot hold becomes U+FFFD. */
export function escapeMarkup(text: string): string {
  return [...text].map((sign) => ENTITIES[sign] ?? (isXmlCharacter(sign) ? sign : "\uFFFD")).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** XML 1.0, production 2 ("Char"). Lone surrogates are among what it leaves out. */
function isXmlCharacter(sign: string): boolean {
  const code = sign.codePointAt(0) ?? 0;
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    code >= 0x10000
  );
}

/** Text for a terminal: control characters, which could move its cursor or colour its lines, are shown. */
export function escapeTerminal(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (sign) => {
    return `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
