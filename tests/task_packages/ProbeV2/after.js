const tl = require('azure-pipelines-task-lib/task');
console.log('after the job: ' + tl.getTaskVariable('before') + ', ' + tl.getVariable('Agent.JobStatus'));
