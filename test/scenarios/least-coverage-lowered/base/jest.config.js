module.exports = {
  coverageThreshold: {
    global: { lines: 80, branches: 70 },
  },
};
