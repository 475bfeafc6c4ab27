"""Tables of people's own: fields of the kinds of `hongyan.fields`, rows, rights, history, imports."""
