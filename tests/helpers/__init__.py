"""What several test files share: no test stands here, and no test file imports another."""
