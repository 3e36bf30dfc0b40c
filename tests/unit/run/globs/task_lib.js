// Answers questions, one JSON a line, with azure-pipelines-task-lib itself: what `match`, `findMatch`, ... give.
// Started by task_lib.py; NODE_PATH leads to the library.
// The library writes what it does to standard output, which is for answers only.
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true

const lib = require('azure-pipelines-task-lib/task')
const minimatch = require(require.resolve('minimatch', { paths: [require.resolve('azure-pipelines-task-lib/task')] }))

const answers = {
  match: q => lib.match(q.paths, q.patterns, q.root, q.options),
  minimatch: q => q.paths.filter(path => new minimatch.Minimatch(q.pattern, q.options).match(path)),
  braces: q => minimatch.braceExpand(q.pattern),
  find: q => lib.find(q.path, q.options),
  findMatch: q => lib.findMatch(q.root, q.patterns, q.find, q.options),
  legacy: q => lib.legacyFindFiles(q.root, q.pattern, q.files, q.folders)
}

require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const question = JSON.parse(line)
  let answer
  try {
    answer = { is: answers[question.ask](question) }
  } catch (error) {
    answer = { error: String(error.message) }
  }
  write(JSON.stringify(answer) + '\n')
})
