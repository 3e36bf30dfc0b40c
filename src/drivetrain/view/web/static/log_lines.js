// Lines by number, fetched in blocks, kept while they are near.
const BLOCK = 250;
const KEEP = 120;

export class Lines {
  constructor(address, onArrival) {
    this.address = address;
    this.onArrival = onArrival;
    this.blocks = new Map();
    this.loading = new Map();
  }

  get(number) {
    return this.blocks.get(this.blockOf(number))?.[(number - 1) % BLOCK];
  }

  blockOf(number) {
    return Math.floor((number - 1) / BLOCK);
  }

  // Whatever is in sight is fetched; what has gone out of sight before it came is given up.
  want(first, last) {
    const from = this.blockOf(first);
    const to = this.blockOf(last);
    for (const [index, control] of this.loading) if (index < from || index > to) control.abort();
    for (let index = from; index <= to; index += 1) {
      if (!this.blocks.has(index) && !this.loading.has(index)) this.fetch(index);
      else if (this.blocks.has(index)) this.touch(index);
    }
  }

  touch(index) {
    const block = this.blocks.get(index);
    this.blocks.delete(index);
    this.blocks.set(index, block);
    if (this.blocks.size > KEEP) this.blocks.delete(this.blocks.keys().next().value);
  }

  async fetch(index) {
    const control = new AbortController();
    this.loading.set(index, control);
    try {
      const address = `${this.address}/lines?start=${index * BLOCK + 1}&count=${BLOCK}`;
      const answer = await fetch(address, { signal: control.signal });
      if (answer.ok) {
        this.blocks.set(index, (await answer.json()).lines);
        this.touch(index);
      }
    } catch {
      // given up, or the server is away: drawn again, it is asked for again
    }
    if (this.loading.get(index) === control) this.loading.delete(index);
    if (!control.signal.aborted) this.onArrival();
  }

  // A growing log's last block may lack lines, and its last line may have been cut.
  grown(before, now) {
    if (now === before && now === 0) return;
    const from = Math.floor(Math.max(0, before - 1) / BLOCK);
    const asked = [...this.loading.keys()];
    const known = [...this.blocks.keys()];
    // A block that is shown stays until the fresh one is here, so nothing flickers.
    for (const index of new Set([...asked, ...known])) if (index >= from) this.again(index);
  }

  again(index) {
    this.loading.get(index)?.abort();
    this.loading.delete(index);
    this.fetch(index);
  }
}
