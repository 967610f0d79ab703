import { rename } from "node:fs/promises";
import { createServer } from "node:net";

/** A socket file on which nobody listens, as a killed provider leaves it. */
export async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(`${path}.new`, () => resolve()));
  // Closing removes the file by the name it was made under.
  await rename(`${path}.new`, path);
  await new Promise((resolve) => server.close(resolve));
}
