import { TABLE } from "./gen/table.ts";
import { MessageTable } from "./message-table.ts";

/** The one table, for all who read it: a message is read when it is first asked for, and never changes. */
export const MESSAGE_TABLE = new MessageTable(TABLE);
