"""The board: a Textual app on one platform. `store` and `feed`, its records and what keeps them so, know no Textual."""
