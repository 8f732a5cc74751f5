// A real provider for tests: node provider.mjs FOLDER-OF-NODE-MODULES CLIENTS. It prints its issuer in one line and serves until
// its standard input ends. Whoever types a name is that account.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, clients] = process.argv.slice(2);
const found = createRequire(pathToFileURL(folder + '/none.js')).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found));

const server = createServer();
server.listen(0, '127.0.0.1', () => {
	const issuer = `http://127.0.0.1:${server.address().port}`;
	const provider = new Provider(issuer, {
		clients: JSON.parse(clients),
		claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
		pkce: { required: () => true },
		findAccount: (ctx, id) => ({
			accountId: id,
			claims: () => ({ sub: id, name: `${id} of the provider`, email: `${id}@example.org`, email_verified: !id.startsWith('unproved'), groups: id.startsWith('grouped') ? ['security'] : [] }),
		}),
	});
	server.on('request', provider.callback());
	process.stdout.write(issuer + '\n');
});
process.stdin.on('end', () => process.exit(0)).resume();
