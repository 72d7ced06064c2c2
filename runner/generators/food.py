"""Food and drink."""

from __future__ import annotations

from runner.generators.compose import join
from runner.generators.picks import listed, word
from runner.generators.registry import Made, Make, generator
from runner.ops import Shaped, Uniform, Values
from runner.types import INT, STRING, decimal

listed("food.fruit", "A fruit", "produce")
listed("food.vegetable", "A vegetable", "produce")
listed("food.spice", "A spice", "seasoning", aliases=("spices",))
listed("food.herb", "A herb", "seasoning")
listed("food.nut", "A nut", "snack")
listed("food.ingredient", "An ingredient of a recipe", "recipe", "cooking")
listed("food.dish", "A dish such as stands on a menu", "meal", "recipe", aliases=("meal",))
listed("food.breakfast", "Something for breakfast", "meal", "morning")
listed("food.lunch", "Something for lunch", "meal", "noon")
listed("food.dinner", "Something for dinner", "meal", "supper", "evening")
listed("food.snack", "A snack", "meal")
listed("food.dessert", "A dessert", "cake", "sweet", "pudding")
listed("food.cuisine", "A cuisine", "restaurant", "kitchen")
listed("food.cheese", "A sort of cheese", "dairy")
listed("food.seafood", "A fish that people eat", "fish", pool="food/fish")
listed("food.sauce", "A sauce", "condiment", "dip")
listed("food.bread", "A sort of bread", "bakery")
listed("food.pasta", "A sort of pasta", "noodles")
listed("food.drink", "Something to drink", "beverage", aliases=("beverage",))
listed("food.cocktail", "A cocktail or another mixed drink", "bar", "beverage")
listed("food.tea", "A sort of tea", "beverage")
listed("food.coffee", "A way to drink coffee", "beverage", "espresso")
listed("food.wine", "A wine", "beverage", "grape")
listed("food.grape", "A grape variety", "wine", aliases=("wine_grape", "grape_variety"))
listed("food.beer", "The name of a beer", "ale", "lager", pool="food/beer_name", aliases=("beer_name",))
listed("food.beer_style", "A style of beer", "ale", "lager")
listed("food.beer_hop", "A variety of hops", "brewing", aliases=("hops",))
listed("food.beer_malt", "A malt", "brewing")
listed("food.beer_yeast", "A yeast for brewing", "brewing")


@generator("food.beer_ibu", "The bitterness of a beer (IBU)", output="int", keywords=("bitterness",))
def beer_ibu(make: Make) -> Made:
    """5 to 100, most around 35."""
    return Made(_shaped(make, 5, 100, "35", "18"), INT, 96)


@generator("food.beer_alcohol", "The alcohol of a beer by volume, in percent", output="decimal(4,1)", keywords=("abv",))
def beer_alcohol(make: Make) -> Made:
    """2.0 to 12.0, most around 5.2."""
    return Made(_shaped(make, 20, 120, "52", "14"), decimal(4, 1), 101)


@generator(
    "food.beer_gravity", "The original gravity of a beer in degrees Balling", output="decimal(4,1)", keywords=("plato", "blg")
)
def beer_gravity(make: Make) -> Made:
    """5.0 to 20.0, most around 12."""
    return Made(_shaped(make, 50, 200, "120", "25"), decimal(4, 1), 151)


def _shaped(make: Make, low: int, high: int, mean: str, deviation: str) -> Shaped:
    if make.unique:
        make.index(high - low + 1)  # raises where there are more rows
    return Shaped(make.key("value"), "normal", low, high, mean, deviation, make.at)


@generator("food.restaurant", "The name of a restaurant", aliases=("restaurant_name",), keywords=("eatery", "venue"))
def restaurant(make: Make) -> Made:
    """A family name and what one eats there."""
    kinds = ("Bistro", "Brasserie", "Café", "Canteen", "Diner", "Eatery", "Garden", "Grill", "House", "Inn", "Kitchen", "Table")
    kind = Values(kinds, Uniform(make.key("kind"), 0, len(kinds) - 1, make.at))
    name = word(make, "en_US/person_last", "name", "name")
    cuisine = word(make, "food/cuisine", "name", "cuisine")
    return Made(join(name, "'s ", cuisine, " ", kind), STRING, None)
