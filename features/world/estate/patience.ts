import { minutes } from "../../../core/index.ts";

/** In somebody's cluster images are pulled first; elsewhere none of it takes long. */
export const INSTALL_MS = minutes(4);
