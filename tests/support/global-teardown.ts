// Runs once after the tests on real servers.
export default function globalTeardown(): void {}
