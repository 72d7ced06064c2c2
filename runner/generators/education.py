"""Schools and universities."""

from __future__ import annotations

from runner.generators.checked import add, digits, divide, mark, modulo, written
from runner.generators.compose import join
from runner.generators.people import birth
from runner.generators.picks import field, listed, word
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Call, Shaped, Values, Weighted
from runner.types import STRING, decimal

field(
    "education.university", "A university of the world", "university", "university/university",
    keywords=("college", "alma mater"), version=2,
)  # fmt: skip
field(
    "education.university_country", "The country code of the row's university", "university", "university/university", "country",
    keywords=("college", "alpha-2"),
)  # fmt: skip
listed("education.degree", "An academic degree", "diploma", aliases=("academic_degree", "qualification"))
listed("education.major", "A field of study", "course", aliases=("field_of_study", "study_programme"))
listed("education.subject", "A subject of schools", "lesson", "class", aliases=("school_subject",))


@generator("education.school", "The name of a school", aliases=("school_name",), keywords=("college",))
def school(make: Make) -> Made:
    """A name and the kind of school."""
    kinds = ("Elementary School", "Middle School", "High School", "Academy", "Primary School", "Preparatory School", "College")
    kind = Values(kinds, Weighted(make.key("kind"), (25, 15, 30, 12, 10, 3, 5), make.at))
    return Made(join(word(make, "education/school_name", "name", "name"), " ", kind), STRING, None)


@generator("education.course_code", "A course's code", keywords=("class", "lecture"))
def course_code(make: Make) -> Made:
    """Four letters and three digits from 100 to 599."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    size = 26**4 * 500
    index = make.index(size)
    head = divide(index, 500)
    return written(
        make,
        size,
        *(mark(modulo(divide(head, 26**p), 26), letters) for p in (3, 2, 1, 0)),
        " ",
        digits(add(modulo(index, 500), 100)),
    )


@generator("education.student_id", "A student's number", aliases=("student_number",), keywords=("matriculation",))
def student_id(make: Make) -> Made:
    """S and eight digits."""
    return written(make, 10**8, "S", digits(make.index(10**8), 8))


@generator(
    "education.nisn",
    "An Indonesian pupil's number: it holds the year of the row's date of birth",
    keywords=("student", "indonesia"),
    locales=("id_ID",),
    parameters=(
        Parameter("min_age", "int", "As in the row's `birth_date`", 18, minimum=0, maximum=150),
        Parameter("max_age", "int", "As in the row's `birth_date`", 90, minimum=0, maximum=150),
    ),
)
def nisn(make: Make, min_age: int, max_age: int) -> Made:
    """The last three digits of the year of birth and seven digits, distinct on every row up to ten million."""
    year = modulo(Call("year", (birth(make, min_age, max_age),)), 1_000)
    number = make.index(10**7)
    return Made(join(digits(year, 3), digits(number, 7)), STRING, 10**7 if make.unique else None, unique=make.unique)


@generator("education.grade", "A grade as a letter, by how common it is", aliases=("letter_grade",), keywords=("mark", "score"))
def grade(make: Make) -> Made:
    """A to F."""
    grades = ("A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "F")
    index = make.index(11) if make.unique else Weighted(make.key("index"), (14, 11, 13, 15, 11, 9, 10, 6, 4, 4, 3), make.at)
    return Made(Values(grades, index), STRING, 11, unique=make.unique)


@generator("education.gpa", "A grade point average", output="decimal(3,2)", keywords=("score",))
def gpa(make: Make) -> Made:
    """1.50 to 4.00, normal around 3.1."""
    if make.unique:
        return Made(add(make.index(251), 150), decimal(3, 2), 251, unique=True)
    return Made(Shaped(make.key("value"), "normal", 150, 400, "310", "48", make.at), decimal(3, 2), 251)
