"""What a machine's labels may teach is said in every plan and recipe.

Before, they taught all that they say, presence and contour; no default of a newer version may be read into that.
"""

from alembic import op

revision = "5d0b84f7c1e9"
down_revision = "c5d20e7fa318"
branch_labels = None
depends_on = None

PLANS = """
    update iteration set plan = plan || jsonb_build_object(
        'teaches', 'all', 'undeclared', coalesce(plan->'undeclared', '[]') || '["teaches"]'
    ) where not plan ? 'teaches'
"""
# A recipe's own table, with what it said of pseudo labels already.
TOLD = """jsonb_set({recipe}, '{{pseudo}}', '{{"teaches": "all"}}' || coalesce({recipe}->'pseudo', '{{}}'))"""
RECIPES = f"""
    update iteration set plan = jsonb_set(plan, '{{recipes}}', (
        select jsonb_agg({TOLD.format(recipe="recipe")} order by place)
        from jsonb_array_elements(plan->'recipes') with ordinality as told(recipe, place)
    )) where jsonb_array_length(plan->'recipes') > 0
"""  # noqa: S608
RUNS = f"update run set recipe = {TOLD.format(recipe='recipe')}"  # noqa: S608


def upgrade() -> None:
    for statement in (PLANS, RECIPES, RUNS):
        op.execute(statement)
