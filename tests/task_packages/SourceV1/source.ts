declare const process: { env: { [name: string]: string | undefined } };
const who: string = process.env['INPUT_WHO'] ?? 'nobody';
console.log(`built for ${who}`);
