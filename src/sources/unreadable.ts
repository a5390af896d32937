/** A source that cannot be read, through no fault of nines. The message is one line and names the way out. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}
