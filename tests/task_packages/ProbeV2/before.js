const tl = require('azure-pipelines-task-lib/task');
tl.setTaskVariable('before', 'set before the job');
tl.setTaskVariable('hidden', 'hidden before the job', true);
console.log('before the job: ' + tl.getInput('text'));
