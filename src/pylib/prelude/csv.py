"""`csv`."""

QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE = range(4)


class Error(Exception):
    pass


class Dialect:
    delimiter = ","
    quotechar = '"'
    escapechar = None
    doublequote = True
    skipinitialspace = False
    lineterminator = "\r\n"
    quoting = QUOTE_MINIMAL
    strict = False


class excel(Dialect):
    pass


class excel_tab(excel):
    delimiter = "\t"


class unix_dialect(Dialect):
    quoting = QUOTE_ALL
    lineterminator = "\n"


_dialects = {"excel": excel, "excel-tab": excel_tab, "unix": unix_dialect}


def register_dialect(name, dialect=None, **fmtparams):
    _dialects[name] = _dialect(dialect or excel, fmtparams)


def get_dialect(name):
    if name not in _dialects:
        raise Error("unknown dialect")
    return _dialects[name]


def list_dialects():
    return list(_dialects)


def _dialect(dialect, params):
    base = get_dialect(dialect) if isinstance(dialect, str) else dialect
    made = Dialect()
    for name in ("delimiter", "quotechar", "escapechar", "doublequote", "skipinitialspace", "lineterminator",
                 "quoting", "strict"):
        setattr(made, name, params.pop(name) if name in params else getattr(base, name))
    if params:
        raise TypeError(f"{next(iter(params))!r} is an invalid keyword argument for this function")
    if not isinstance(made.delimiter, str) or len(made.delimiter) != 1:
        raise TypeError('"delimiter" must be a 1-character string')
    return made


class reader:
    def __init__(self, csvfile, dialect="excel", **fmtparams):
        self.dialect = _dialect(dialect, fmtparams)
        self.line_num = 0
        self._lines = iter(csvfile)

    def __iter__(self):
        return self

    def __next__(self):
        d = self.dialect
        row, field, quoted, was_quoted = [], [], False, False
        started = False
        while True:
            line = next(self._lines) if not started else next(self._lines, None)
            if line is None:
                if d.strict:
                    raise Error("unexpected end of data")
                row.append("".join(field))
                return row
            if not isinstance(line, str):
                raise Error(f"iterator should return strings, not {type(line).__name__} (the file should be opened in text mode)")
            self.line_num += 1
            started = True
            at, size = 0, len(line)
            while at < size:
                c = line[at]
                at += 1
                if quoted:
                    if c == d.escapechar and at < size:
                        field.append(line[at])
                        at += 1
                    elif c == d.quotechar:
                        if d.doublequote and at < size and line[at] == d.quotechar:
                            field.append(c)
                            at += 1
                        else:
                            quoted = False
                    else:
                        field.append(c)
                elif c == d.delimiter:
                    row.append(self._finish(field, was_quoted))
                    field, was_quoted = [], False
                elif c in "\r\n":
                    break
                elif c == d.quotechar and not field and not was_quoted and d.quoting != QUOTE_NONE:
                    quoted = was_quoted = True
                elif c == d.escapechar and at < size:
                    field.append(line[at])
                    at += 1
                elif c == " " and d.skipinitialspace and not field and not was_quoted:
                    pass
                else:
                    field.append(c)
            if quoted:
                continue
            if not row and not field and not was_quoted:
                return []
            row.append(self._finish(field, was_quoted))
            return row

    def _finish(self, field, was_quoted):
        text = "".join(field)
        if self.dialect.quoting == QUOTE_NONNUMERIC and not was_quoted:
            return float(text)
        return text


class writer:
    def __init__(self, csvfile, dialect="excel", **fmtparams):
        self.dialect = _dialect(dialect, fmtparams)
        self._write = csvfile.write

    def writerow(self, row):
        d = self.dialect
        parts = []
        try:
            row = list(row)
        except TypeError:
            raise Error(f"iterable expected, not {type(row).__name__}") from None
        for value in row:
            text = "" if value is None else value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
            quote = d.quoting == QUOTE_ALL or d.quoting == QUOTE_NONNUMERIC and not isinstance(value, (int, float))
            if d.quoting != QUOTE_NONE:
                quote = quote or any(c in text for c in (d.delimiter, d.quotechar, "\n", "\r"))
                quote = quote or (text == "" and len(row) == 1)
            if quote:
                text = d.quotechar + text.replace(d.quotechar, d.quotechar * 2) + d.quotechar
            elif d.quoting == QUOTE_NONE and any(c in text for c in (d.delimiter, "\n", "\r")):
                if d.escapechar is None:
                    raise Error("need to escape, but no escapechar set")
                text = text.replace(d.delimiter, d.escapechar + d.delimiter)
            parts.append(text)
        return self._write(d.delimiter.join(parts) + d.lineterminator)

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)


class DictReader:
    def __init__(self, f, fieldnames=None, restkey=None, restval=None, dialect="excel", *args, **kwds):
        self._fieldnames = fieldnames
        self.restkey = restkey
        self.restval = restval
        self.reader = reader(f, dialect, *args, **kwds)

    def __iter__(self):
        return self

    @property
    def line_num(self):
        return self.reader.line_num

    @property
    def fieldnames(self):
        if self._fieldnames is None:
            self._fieldnames = next(self.reader, None)
        return self._fieldnames

    def __next__(self):
        names = self.fieldnames
        row = next(self.reader)
        while row == []:
            row = next(self.reader)
        made = dict(zip(names or (), row))
        if len(row) > len(names):
            made[self.restkey] = row[len(names):]
        for name in names[len(row):]:
            made[name] = self.restval
        return made


class DictWriter:
    def __init__(self, f, fieldnames, restval="", extrasaction="raise", dialect="excel", *args, **kwds):
        self.fieldnames = fieldnames
        self.restval = restval
        self.extrasaction = extrasaction
        self.writer = writer(f, dialect, *args, **kwds)

    def writeheader(self):
        return self.writerow(dict(zip(self.fieldnames, self.fieldnames)))

    def writerow(self, rowdict):
        if self.extrasaction == "raise":
            wrong = [name for name in rowdict if name not in self.fieldnames]
            if wrong:
                raise ValueError("dict contains fields not in fieldnames: " + ", ".join(repr(x) for x in wrong))
        return self.writer.writerow([rowdict.get(name, self.restval) for name in self.fieldnames])

    def writerows(self, rowdicts):
        for row in rowdicts:
            self.writerow(row)
