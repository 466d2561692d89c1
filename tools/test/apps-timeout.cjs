// npm installs packages and Next.js builds an application within these tests.
jest.setTimeout(240_000);
