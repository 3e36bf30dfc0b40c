// Written for the tests: what Azure's task library makes of what Drivetrain gives it, as JSON; then one end or another.
const fs = require('fs');
const path = require('path');
const tl = require('azure-pipelines-task-lib/task');

const connection = tl.getInput('connection');
const file = tl.getInput('secureFile');
const report = {
  argv: process.argv.length,
  folder: process.cwd(),
  secretsInEnvironment: Object.keys(process.env).filter((name) => /^(SECRET_|INPUT_|ENDPOINT_AUTH|SECUREFILE_T)/.test(name) && process.env[name]),
  text: tl.getInput('text', true),
  lines: tl.getDelimitedInput('lines', '\n'),
  flag: tl.getBoolInput('flag'),
  choice: tl.getInput('choice'),
  path: tl.getPathInput('path'),
  pathSupplied: tl.filePathSupplied('path'),
  other: tl.getInput('not declared'),
  variable: tl.getVariable('Build.BuildNumber'),
  secret: tl.getVariable('the.secret'),
  names: tl.getVariables().map((each) => [each.name, each.secret]),
  agent: tl.getVariable('Agent.Version'),
  fromBefore: tl.getTaskVariable('before'),
  secretFromBefore: tl.getTaskVariable('hidden'),
  own: process.env.OWN,
  system: {
    url: tl.getEndpointUrl('SYSTEMVSSCONNECTION', false),
    token: tl.getEndpointAuthorizationParameter('SYSTEMVSSCONNECTION', 'AccessToken', false),
    scheme: tl.getEndpointAuthorizationScheme('SYSTEMVSSCONNECTION', false),
  },
};
(async () => {
  if (connection) {
    report.connection = {
      id: connection,
      url: tl.getEndpointUrl(connection, false),
      scheme: tl.getEndpointAuthorizationScheme(connection, false),
      user: tl.getEndpointAuthorizationParameter(connection, 'username', false),
      whole: tl.getEndpointAuthorization(connection, false),
      data: tl.getEndpointDataParameter(connection, 'acceptUntrustedCerts', false),
    };
  }
  if (file) {
    const ticket = tl.getSecureFileTicket(file);
    const authorization = 'Basic ' + Buffer.from('PAT:' + report.system.token).toString('base64');
    const place = `${report.system.url}project/_apis/distributedtask/securefiles/${file}?ticket=${ticket}`;
    const answer = await fetch(place, { headers: { authorization } });
    report.file = { id: file, name: tl.getSecureFileName(file), ticket, content: await answer.text() };
  }
  fs.writeFileSync(path.join(tl.getVariable('Build.ArtifactStagingDirectory'), 'report.json'), JSON.stringify(report));

  tl.setVariable('said', 'by the task', false, true);
  tl.setVariable('hush', 'a secret of the task', true);
  tl.prependPath(path.join(__dirname, 'bin'));
  tl.warning('a warning of the task');
  console.log('the secret is ' + report.secret + ', the password ' + (report.connection || { whole: {} }).whole.parameters?.password);
  const end = tl.getInput('end');
  if (end === 'badly') tl.setResult(tl.TaskResult.Failed, 'it went badly');
  else if (end === 'throwing') process.exit(3);
  else if (end === 'forever') setInterval(() => {}, 1000);
  else tl.setResult(tl.TaskResult.Succeeded, 'it went well');
})();
