"""The page that whoever is not signed in sees. Plain on purpose: it needs no other file of ours."""

from __future__ import annotations

import html

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in · Drivetrain</title>
<link rel="stylesheet" href="/static/sign-in.css">
</head>
<body class="sign-in">
<main>
<h1>Drivetrain</h1>
{word}
<p>Type <code>drivetrain up</code> in a terminal of this machine: it prints a link that signs you in.</p>
<form method="post" action="/login">
<label for="token">Or paste the token, the text of the file <code>token</code> in the home folder:</label>
<input id="token" name="token" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>
</main>
</body>
</html>
"""


def sign_in_page(word: str) -> str:
    """The page, with a word on what went wrong."""
    return PAGE.format(word=f'<p role="alert">{html.escape(word)}</p>' if word else "")
