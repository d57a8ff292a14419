"""Putting a gateway into service: the site's facts, the criteria of acceptance, the sheet that both parties sign."""
