"""The report card: a client's command against a camera, trial by trial, graded from the camera's side."""
