// Which lines are folded away: row (what is seen) <-> line number (what the log has).
export class Folds {
  constructor(address) {
    this.address = address;
    this.ends = new Map(); // a group's first line -> its last
    this.errors = [];
    this.folded = new Set();
    this.hidden = []; // [first, last, hidden before]: ascending, apart
  }

  async load() {
    try {
      const answer = await fetch(`${this.address}/outline`);
      if (!answer.ok) return;
      const outline = await answer.json();
      this.ends = new Map(outline.groups);
      this.errors = outline.errors;
      this.count();
    } catch {
      // without an outline nothing folds
    }
  }

  flip(start) {
    if (!this.folded.delete(start)) this.folded.add(start);
    this.count();
  }

  reveal(number) {
    for (const start of [...this.folded])
      if (start < number && number <= (this.ends.get(start) ?? 0)) this.flip(start);
  }

  count() {
    let before = 0;
    this.hidden = [...this.folded].filter((start) => this.ends.get(start) > start).sort((a, b) => a - b).map((start) => {
      const entry = [start + 1, this.ends.get(start), before];
      before += entry[1] - entry[0] + 1;
      return entry;
    });
  }

  visible(total) {
    return total - this.hidden.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  lineAt(row) {
    let number = row + 1;
    for (const [first, last] of this.hidden) {
      if (number < first) break;
      number += last - first + 1;
    }
    return number;
  }

  rowOf(number) {
    let row = number - 1;
    for (const [first, last] of this.hidden) {
      if (number < first) break;
      row -= Math.min(number, last) - first + 1;
    }
    return row;
  }
}
