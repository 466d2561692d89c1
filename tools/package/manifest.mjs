// package.json as it is published. It differs from the committed one, because a clone must be able to install before
// anything was ever published, and builds by its own commands:
//
//   optionalDependencies  the packages with the built addons, of the same version
//   scripts               only `install`, which builds from source where there is no built addon
//   devDependencies       none

import { platformPackages } from './platforms.mjs';

/**
 * @param {any} root  package.json as committed
 * @param {object} [options]
 * @param {string} [options.repository]  address of the repository, where package.json names none: npm's
 *   provenance compares it
 * @param {string[]} [options.without]  platforms that are not published
 */
export function publishedManifest(root, { repository, without = [] } = {}) {
  const { devDependencies: _, scripts: __, private: ___, ...kept } = root;
  const packages = platformPackages(root).filter(({ platform }) => !without.includes(platform));
  return {
    ...kept,
    ...withRepository(root, repository),
    scripts: { install: 'node tools/install/install.cjs' },
    optionalDependencies: {
      ...root.optionalDependencies,
      ...Object.fromEntries(packages.map(({ name }) => [name, root.version])),
    },
  };
}

/** @param {any} manifest @param {string} [repository] */
export function withRepository(manifest, repository) {
  if (!repository || manifest.repository) return {};
  return { repository: { type: 'git', url: `git+${repository.replace(/^git\+|\.git$/g, '')}.git` } };
}

/** Cargo.toml without the members that are not in the package. @param {string} text */
export function publishedCargoToml(text) {
  const published = text.replace('members = [".", "core", "bench/native"]', 'members = [".", "core"]');
  if (published === text) throw new Error('the members of the workspace in Cargo.toml are not those that this knows');
  return published;
}

/** Cargo.lock without their entries: `--locked` refuses one that would have to change. @param {string} text */
export function publishedCargoLock(text) {
  const published = text.replace(/\[\[package\]\]\nname = "kafka4-bench-native"\n[\s\S]*?\n(?=\[\[package\]\]|$)/, '');
  if (published === text) throw new Error('kafka4-bench-native is not in Cargo.lock');
  return published;
}
