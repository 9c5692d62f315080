"""Text logs understood: lines to messages, templates, families that follow one counter, points."""
