import type { NextConfig } from 'next';

const config: NextConfig = {
  // A native addon cannot be bundled: it stays in node_modules, and `output: 'standalone'` copies it from there.
  serverExternalPackages: ['kafka4'],
  output: 'standalone',
  // The lock file of kafka4's own repository, in which this example lies, would be taken for the one of the application.
  turbopack: { root: __dirname },
  outputFileTracingRoot: __dirname,
  poweredByHeader: false,
  // Otherwise the button of the development tools lies over the page.
  devIndicators: false,
};

export default config;
