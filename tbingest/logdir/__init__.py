"""The only room that writes below the logdir: event files, state, lock."""
