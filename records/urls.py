"""Addresses of the record."""

from django.urls import path

from records.web import (
    administrative,
    documents,
    emergency,
    growth,
    history,
    record,
    register,
    results,
    review,
    timeline,
)

app_name = "records"
urlpatterns = [
    path("dang-ky/", register.register, name="register"),
    path("trung-lap/", review.queue, name="review_queue"),
    path("trung-lap/da-gop/", review.merges, name="merges"),
    path("trung-lap/da-gop/<uuid:merge_id>/", review.merge, name="merge"),
    path("trung-lap/<uuid:candidate_id>/", review.pair, name="review_pair"),
    path("khan-cap/", emergency.reviews, name="emergency_reviews"),
    path("<uuid:patient_id>/", record.record, name="record"),
    path("<uuid:patient_id>/dong-thoi-gian/", timeline.timeline, name="timeline"),
    path("<uuid:patient_id>/tom-tat/", record.summary, name="summary"),
    path("<uuid:patient_id>/ket-qua/", results.results, name="results"),
    path("<uuid:patient_id>/tang-truong/", growth.growth, name="growth"),
    path("<uuid:patient_id>/giay-to/", documents.documents, name="documents"),
    path("<uuid:patient_id>/giay-to/<uuid:document_id>/", documents.document, name="document"),
    path("<uuid:patient_id>/giay-to/<uuid:document_id>/tep/", documents.document_file, name="document_file"),
    path("<uuid:patient_id>/giay-to/<uuid:document_id>/thay/", documents.replace, name="document_replace"),
    path("<uuid:patient_id>/giay-to/<uuid:document_id>/rut/", documents.withdraw, name="document_withdraw"),
    path("<uuid:patient_id>/hanh-chinh/", record.identity, name="identity"),
    path("<uuid:patient_id>/hanh-chinh/sua/", administrative.edit, name="administrative"),
    path("<uuid:patient_id>/nguoi-than/", administrative.add_relative, name="relative_add"),
    path("<uuid:patient_id>/nguoi-than/<uuid:line_id>/", administrative.correct_relative, name="relative_correct"),
    path("<uuid:patient_id>/tien-su/", history.history, name="history"),
    path("<uuid:patient_id>/tien-su/<slug:slug>/", history.add, name="history_add"),
    path("<uuid:patient_id>/tien-su/<slug:slug>/khong/", history.none, name="history_none"),
    path("<uuid:patient_id>/tien-su/<slug:slug>/<uuid:line_id>/", history.correct, name="history_correct"),
    path("<uuid:patient_id>/ai-da-xem/", record.looks, name="looks"),
    path("<uuid:patient_id>/khan-cap/", emergency.open_emergency, name="open_emergency"),
]
