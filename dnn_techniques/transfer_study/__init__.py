"""How often transfer learning helps: every pair of classes, many seeds, several sizes."""
