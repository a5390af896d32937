module.exports = {
  coverageThreshold: {
    global: { lines: 60, branches: 70 },
  },
};
